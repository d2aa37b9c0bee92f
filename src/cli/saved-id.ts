import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** The ID of the last event that was printed, in a file: another run resumes there. */
export class SavedId {
  readonly #file: string;
  #id: string;

  /** @throws Error for a file that cannot be read. One that is missing will be made. */
  constructor(file: string) {
    this.#file = file;
    this.#id = read(file);
  }

  get value(): string {
    return this.#id;
  }

  save(id: string): void {
    if (id === this.#id) return;
    this.#id = id;
    // Whole at any time, whatever ends the process.
    writeFileSync(`${this.#file}.new`, `${id}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\n$/, '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

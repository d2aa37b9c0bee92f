import { EventEmitter, on } from 'node:events';
import { BEGINNING, compareIds, type Entry, type EventLog, LOG_LENGTH } from './log.js';

/** The log in the memory of a process, where there is no Redis. Other processes are sent what is added to it. */
export class MemoryLog implements EventLog {
  readonly #entries: Entry[] = [];
  readonly #emitter = new EventEmitter();

  /** All entries, for another process. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Adds an entry from another process. */
  take(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length > LOG_LENGTH) this.#entries.shift();
    this.#emitter.emit('entry', entry);
  }

  async append(data: string): Promise<void> {
    const now = `${Date.now()}-0`;
    const [time = 0, number = 0] = (await this.last()).split('-').map(Number);
    // Greater than the last one, even within a millisecond or when the clock is set back.
    this.take({ id: compareIds(now, `${time}-${number}`) > 0 ? now : `${time}-${number + 1}`, data });
  }

  async last(): Promise<string> {
    return this.#entries.at(-1)?.id ?? BEGINNING;
  }

  async after(id: string): Promise<readonly Entry[]> {
    return this.#entries.filter((entry) => compareIds(entry.id, id) > 0);
  }

  async *follow(id: string): AsyncIterable<Entry> {
    // Listens before it reads, so that nothing is missed in between.
    const later = on(this.#emitter, 'entry');
    let last = id;
    for (const entry of await this.after(id)) {
      last = entry.id;
      yield entry;
    }
    for await (const [entry] of later) if (compareIds(entry.id, last) > 0) yield entry;
  }

  close(): void {}
}

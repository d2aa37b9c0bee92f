/** An event as the log has it. */
export interface Entry {
  /** Milliseconds and a number, as Redis Streams have it; also the event's ID. */
  readonly id: string;
  readonly data: string;
}

/** What all servers read from, so that a client may go on at any of them. */
export interface EventLog {
  append(data: string): Promise<void>;
  /** The ID of the newest entry. */
  last(): Promise<string>;
  /** The next entries after that one, though not always all of them; none if it is the newest. */
  after(id: string): Promise<readonly Entry[]>;
  /** All entries after that one, as they come. */
  follow(id: string): AsyncIterable<Entry>;
  close(): void;
}

/** Before everything. */
export const BEGINNING = '0-0';

/** How many entries a log keeps at least: whoever is away for longer has lost some. */
export const LOG_LENGTH = 10_000;

export function isId(text: string): boolean {
  return /^\d+-\d+$/.test(text);
}

/** Below 0 if the first one is older. */
export function compareIds(a: string, b: string): number {
  const [timeA = 0, numberA = 0] = a.split('-').map(Number);
  const [timeB = 0, numberB = 0] = b.split('-').map(Number);
  return timeA - timeB || numberA - numberB;
}

/** An event in the log. */
export interface Entry {
  /** Milliseconds and a number, as in Redis Streams. It is also the event's ID. */
  readonly id: string;
  readonly data: string;
}

/** All servers read from it, so a client can continue at any of them. */
export interface EventLog {
  append(data: string): Promise<void>;
  /** The ID of the newest entry. */
  last(): Promise<string>;
  /** The next entries after an ID, though not always all of them; none if it is the newest. */
  after(id: string): Promise<readonly Entry[]>;
  /** All entries after an ID, as they are added. */
  follow(id: string): AsyncIterable<Entry>;
  close(): void;
}

/** The ID before every entry. */
export const BEGINNING = '0-0';

/** How many entries a log keeps at least. A client that is away for longer loses some. */
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

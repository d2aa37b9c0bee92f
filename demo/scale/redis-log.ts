import { Redis } from 'ioredis';
import { BEGINNING, type Entry, type EventLog, LOG_LENGTH } from './log.js';

const KEY = 'events';
const FIELD = 'data';
/** How many entries are read at once. */
const BATCH = 500;
/** In milliseconds: how long Redis waits for an entry before it answers without one. */
const BLOCK = 5000;

type RawEntry = [id: string, fields: string[]];

/** The log in a Redis Stream. */
export class RedisLog implements EventLog {
  readonly #commands: Redis;
  /** A connection of its own, because one that waits can do nothing else. */
  readonly #reader: Redis;

  constructor(url: string) {
    this.#commands = new Redis(url);
    this.#reader = new Redis(url);
  }

  async append(data: string): Promise<void> {
    await this.#commands.xadd(KEY, 'MAXLEN', '~', LOG_LENGTH, '*', FIELD, data);
  }

  async last(): Promise<string> {
    const [newest] = (await this.#commands.xrevrange(KEY, '+', '-', 'COUNT', 1)) as RawEntry[];
    return newest?.[0] ?? BEGINNING;
  }

  async after(id: string): Promise<readonly Entry[]> {
    const entries = await this.#commands.xrange(KEY, `(${id}`, '+', 'COUNT', BATCH);
    return (entries as RawEntry[]).map(toEntry);
  }

  async *follow(id: string): AsyncIterable<Entry> {
    let last = id;
    for (;;) {
      const answer = await this.#reader.xread('COUNT', BATCH, 'BLOCK', BLOCK, 'STREAMS', KEY, last);
      const [stream] = (answer ?? []) as [string, RawEntry[]][];
      for (const entry of (stream?.[1] ?? []).map(toEntry)) {
        last = entry.id;
        yield entry;
      }
    }
  }

  close(): void {
    this.#commands.disconnect();
    this.#reader.disconnect();
  }
}

const toEntry = ([id, fields]: RawEntry): Entry => ({ id, data: fields[fields.indexOf(FIELD) + 1] ?? '' });

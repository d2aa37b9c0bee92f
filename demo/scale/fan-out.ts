import type { Response } from 'express';
import { formatEvent } from '../servers/streams.js';
import { compareIds, type Entry, type EventLog, isId } from './log.js';

/** In bytes. A client that falls this far behind is cut off, and resumes from the log. */
const LONGEST_QUEUE = 1_000_000;

interface Client {
  readonly response: Response;
  /** The ID of the last entry that was sent. */
  position: string;
}

/** Reads the log once for all clients of this process. A client that comes back has its own reads until it catches up. */
export class FanOut {
  /** How many events have been sent. */
  sent = 0;
  readonly #log: EventLog;
  readonly #clients = new Set<Client>();
  /** The ID of the last entry that the live clients have. */
  #position = '';

  constructor(log: EventLog) {
    this.#log = log;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Settles when clients can be accepted. */
  async start(): Promise<void> {
    this.#position = await this.#log.last();
    void this.#follow();
  }

  /** Sends what the client has missed, and then what is new. */
  async join(response: Response, lastEventId: string): Promise<void> {
    const client = { response, position: isId(lastEventId) ? lastEventId : this.#position };
    // Checked and added in the same turn, so nothing can happen in between.
    while (compareIds(client.position, this.#position) < 0) {
      const missed = await this.#log.after(client.position);
      if (response.closed) return;
      if (!missed.length) break;
      for (const entry of missed) this.#send(client, entry);
    }
    this.#clients.add(client);
    response.on('close', () => this.#clients.delete(client));
  }

  async #follow(): Promise<void> {
    for await (const entry of this.#log.follow(this.#position)) {
      this.#position = entry.id;
      for (const client of this.#clients) this.#send(client, entry);
    }
  }

  #send(client: Client, { id, data }: Entry): void {
    // A client that has just caught up may be ahead of the others.
    if (compareIds(id, client.position) <= 0) return;
    client.position = id;
    client.response.write(formatEvent({ id, data }));
    this.sent++;
    if (client.response.writableLength > LONGEST_QUEUE) client.response.destroy();
  }
}

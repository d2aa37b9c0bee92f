import type { ServerResponse } from 'node:http';

/** All in milliseconds. */
const DRIP_DURATION = 4000;
const DRIP_INTERVAL = 5;
/** A client that has not left a dead connection by then is disconnected. */
const STALL_DURATION = 20_000;

/** In bytes. A client that falls this far behind is cut off, and resumes from the log. */
const LONGEST_QUEUE = 1_000_000;

/** The server's end of a stream, and what can go wrong there. */
export class FaultyStream {
  readonly #response: ServerResponse;
  #isStalled = false;
  /** What still has to drip. */
  #drops: number[] | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  write(text: string): void {
    // Send nothing more: events must not follow a gap.
    if (this.#isStalled || this.#response.writableEnded) return;
    if (this.#drops) this.#drops.push(...Buffer.from(text));
    else this.#response.write(text);
    if (this.#response.writableLength > LONGEST_QUEUE) this.#response.destroy();
  }

  /** Ends as servers end streams. */
  end(): void {
    this.#response.end();
  }

  /** Breaks as networks do: in the middle of an event, which must be neither dispatched nor resumed from. */
  cut(partialEvent: string): void {
    this.write(partialEvent);
    // Writes leave at the end of the turn.
    setImmediate(() => this.#response.destroy());
  }

  /** Breaks as with a crashed host or a firewall, by a TCP reset. */
  reset(): void {
    this.#response.socket?.resetAndDestroy();
  }

  /** Keeps the connection, but sends nothing more. */
  stall(): void {
    this.#isStalled = true;
    const timer = setTimeout(() => this.#response.destroy(), STALL_DURATION);
    this.#response.on('close', () => clearTimeout(timer));
  }

  /** Sends every byte by itself for some seconds. */
  drip(): void {
    if (this.#drops) return;
    this.#drops = [];
    const timer = setInterval(() => {
      const drop = this.#drops?.shift();
      if (drop !== undefined) this.#response.write(Uint8Array.of(drop));
    }, DRIP_INTERVAL);
    const stop = () => {
      clearInterval(timer);
      clearTimeout(end);
    };
    const end = setTimeout(() => {
      stop();
      const rest = Buffer.from(this.#drops ?? []);
      this.#drops = undefined;
      this.#response.write(rest);
    }, DRIP_DURATION);
    this.#response.on('close', stop);
  }
}

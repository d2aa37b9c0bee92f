import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** In milliseconds: how soon to try again when the port was taken during an outage. */
const PATIENCE = 100;

/** A server on this machine that can be gone for a while and come back to its port. */
export class Site {
  readonly server: Server;
  /** Kept, for during an outage there is none to ask for. */
  #port = 0;
  #isClosed = false;
  #isOut = false;

  constructor(listener: RequestListener) {
    this.server = createServer(listener);
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Rejects if the port is taken. 0 is any free one. */
  async listen(port: number): Promise<void> {
    // This machine only: whoever reaches the demo can stop it.
    this.server.listen(port, 'localhost');
    await once(this.server, 'listening');
    this.#port = (this.server.address() as AddressInfo).port;
  }

  /** The port that was asked for, or any other if that one is taken. */
  async listenNear(port: number): Promise<void> {
    await this.listen(port).catch(() => this.listen(0));
  }

  /** Is gone for so many milliseconds: what is connected is dropped, what comes is refused. */
  async outage(milliseconds: number): Promise<void> {
    if (this.#isOut || this.#isClosed) return;
    const { port } = this;
    this.#isOut = true;
    this.#refuse();
    await sleep(milliseconds, undefined, { ref: false });
    while (!this.#isClosed && !this.server.listening) {
      await this.listen(port).catch(() => sleep(PATIENCE));
    }
    this.#isOut = false;
  }

  close(): void {
    this.#isClosed = true;
    this.#refuse();
  }

  #refuse(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

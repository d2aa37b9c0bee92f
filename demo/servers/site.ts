import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** In milliseconds: how soon to try again when the port was taken during an outage. */
const PATIENCE = 100;

/** A server on this machine that can go away for a while and come back to its port. */
export class Site {
  readonly server: Server;
  /** Kept, because during an outage the server has none. */
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
    // This machine only, because anybody who can reach the demo can stop it.
    this.server.listen(port, 'localhost');
    await once(this.server, 'listening');
    this.#port = (this.server.address() as AddressInfo).port;
  }

  /** Listens on this port, or on any other if it is taken. */
  async listenNear(port: number): Promise<void> {
    await this.listen(port).catch(() => this.listen(0));
  }

  /** Goes away for a number of milliseconds: drops connections and refuses new ones. */
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

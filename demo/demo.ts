import express from 'express';
import { serveFiles } from './files.js';
import { Lab, type LabOptions } from './servers/lab.js';
import { Site } from './servers/site.js';

/** How fast things happen. */
export interface DemoOptions extends Partial<LabOptions> {}

/** In milliseconds, and about as fast as people can follow. */
const UNHURRIED: Required<DemoOptions> = {
  tokenLifetime: 60_000,
  interval: 800,
  reconnectionTime: 1000,
  stopDuration: 5000,
  restartDuration: 1500,
  retryAfter: 3,
};

/** Which port each server has if it is free. */
export interface Ports {
  readonly index: number;
}

/** All servers of the demo; the index page leads to everything. */
export class Demo {
  readonly #lab: Lab;
  readonly #index: Site;

  constructor(options: DemoOptions = {}) {
    const all = { ...UNHURRIED, ...options };
    const app = express().disable('x-powered-by');
    this.#index = new Site(app);
    this.#lab = new Lab(all, (milliseconds) => this.#index.outage(milliseconds));
    app.use(serveFiles());
    app.use('/lab', this.#lab.router);
  }

  /** Of the index page. */
  get url(): string {
    return this.#index.url;
  }

  /** Rejects if the port of the index page is taken. 0 is any free one. */
  async listen({ index }: Ports): Promise<void> {
    await this.#index.listen(index);
  }

  close(): void {
    this.#lab.close();
    this.#index.close();
  }
}

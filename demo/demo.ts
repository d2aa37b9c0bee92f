import express, { type Router } from 'express';
import { serveFiles } from './files.js';
import { Classic, type ClassicOptions } from './servers/classic.js';
import { Compare } from './servers/compare.js';
import { Counter, type CounterOptions } from './servers/counter.js';
import { makeGreeting } from './servers/greeting.js';
import { Lab, type LabOptions } from './servers/lab.js';
import { Live, type LiveOptions } from './servers/live.js';
import { Model, type ModelOptions } from './servers/model.js';
import { Site } from './servers/site.js';
import { Time, type TimeOptions } from './servers/time.js';

type AllOptions = LabOptions & LiveOptions & ModelOptions & ClassicOptions & CounterOptions & TimeOptions;

/** How fast things happen. */
export interface DemoOptions extends Partial<AllOptions> {}

/** In milliseconds, at a speed that people can follow. */
const UNHURRIED: AllOptions = {
  tokenLifetime: 60_000,
  interval: 800,
  reconnectionTime: 1000,
  stopDuration: 5000,
  restartDuration: 1500,
  retryAfter: 3,
  greetingInterval: 1000,
  timeInterval: 1000,
  pingInterval: 1000,
  pauseDuration: 6000,
  accessLifetime: 10_000,
  newsInterval: 700,
  modelInterval: 40,
};

/** The port of each server if it is free; 0 is any. */
export interface Ports {
  readonly index: number;
  readonly classic: number;
  readonly counter: number;
  readonly time: number;
}

/** All servers of the demo. The index page links to everything. */
export class Demo {
  readonly #lab: Lab;
  readonly #live: Live;
  readonly #classic: Classic;
  readonly #counter: Counter;
  readonly #time: Time;
  readonly #compare = new Compare();
  readonly #index: Site;

  constructor(options: DemoOptions = {}) {
    const all = { ...UNHURRIED, ...options };
    const app = express().disable('x-powered-by');
    this.#index = new Site(app);
    this.#lab = new Lab(all, (milliseconds) => this.#index.outage(milliseconds));
    this.#live = new Live(all);
    this.#classic = new Classic(all);
    this.#counter = new Counter(all);
    this.#time = new Time(all);
    this.#compare.accept(this.#index.server);
    app.use(serveFiles());
    const routers: Record<string, Router> = {
      '/lab': this.#lab.router,
      '/live': this.#live.router,
      '/v1': new Model(all).router,
      '/compare': this.#compare.router,
      '/classic': this.#classic.controls,
      '/counter': this.#counter.controls,
      '/time': this.#time.controls,
    };
    for (const [path, router] of Object.entries(routers)) app.use(path, router);
    // Also here, for clients that name no host.
    app.use(
      makeGreeting(all.greetingInterval),
      this.#classic.router,
      this.#counter.router,
      this.#time.router,
    );
    app.get('/servers.json', (_request, response) => void response.json(this.servers));
  }

  /** The URL of the index page. */
  get url(): string {
    return this.#index.url;
  }

  /** The URLs of the servers of other origins. */
  get servers(): Record<'classic' | 'counter' | 'time', string> {
    return {
      classic: this.#classic.site.url,
      counter: this.#counter.site.url,
      time: this.#time.site.url,
    };
  }

  /** Rejects if the index page's port is taken. The other servers fall back to any free one. */
  async listen({ index, classic, counter, time }: Ports): Promise<void> {
    await this.#index.listen(index);
    await this.#classic.site.listenNear(classic);
    await this.#counter.site.listenNear(counter);
    await this.#time.site.listenNear(time);
  }

  close(): void {
    this.#lab.close();
    this.#live.close();
    this.#compare.close();
    this.#time.close();
    for (const site of [this.#index, this.#classic.site, this.#counter.site, this.#time.site]) site.close();
  }
}

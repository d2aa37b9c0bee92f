import { Router } from 'express';
import { makeSeedSite } from './seed.js';
import type { Site } from './site.js';
import { Streams } from './streams.js';

/** After this many greetings, somebody signs up. */
const SIGNUP_EVERY = 3;

export interface ClassicOptions {
  /** Time between greetings, in milliseconds. */
  readonly greetingInterval: number;
  /** What the streams' `retry` field says, in milliseconds. */
  readonly reconnectionTime: number;
  /** How long the server is gone when it is stopped, in milliseconds. */
  readonly stopDuration: number;
}

/** What many write as their first server: a greeting each second, for pages of any origin. */
export class Classic {
  readonly router: Router = Router();
  /** For the index server: the page sends it the commands for this one. */
  readonly controls: Router = Router();
  readonly site: Site = makeSeedSite('hello!', this.router);
  readonly #streams = new Streams();

  constructor({ greetingInterval, reconnectionTime, stopDuration }: ClassicOptions) {
    this.router.get('/stream', (request, response) => {
      const send = this.#streams.open(request, response, reconnectionTime);
      let count = 0;
      const timer = setInterval(() => {
        send({ data: 'hello world event source' });
        if (++count % SIGNUP_EVERY === 0) send({ type: 'signup', data: `member ${count / SIGNUP_EVERY}` });
      }, greetingInterval);
      response.on('close', () => clearInterval(timer));
    });
    this.controls
      .get('/stats', (_request, response) => void response.json(this.#streams.stats))
      .post('/end', (_request, response) => {
        this.#streams.endAll();
        response.end();
      })
      .post('/stop', (_request, response) => {
        void this.site.outage(stopDuration);
        response.end();
      });
  }
}

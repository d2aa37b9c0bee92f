import { Router } from 'express';
import { makeSeedSite } from './seed.js';
import type { Site } from './site.js';
import { Streams } from './streams.js';

/** Somebody signs up every so many greetings. */
const SIGNUP_EVERY = 3;

export interface ClassicOptions {
  /** From one greeting to the next, in milliseconds. */
  readonly greetingInterval: number;
  /** What the streams' `retry` field says, in milliseconds. */
  readonly reconnectionTime: number;
  /** How long the server is gone when it is stopped, in milliseconds. */
  readonly stopDuration: number;
}

/** The classic first server: a greeting each second, for pages of any origin. */
export class Classic {
  readonly router: Router = Router();
  /** For the index server, which the page asks to make something happen here. */
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

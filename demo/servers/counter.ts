import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import { makeSeedSite } from './seed.js';
import type { Site } from './site.js';
import { readLastEventId, Streams } from './streams.js';

/** The last number. */
const LAST = 10;

export interface CounterOptions {
  /** What the stream's `retry` field says, in milliseconds. */
  readonly reconnectionTime: number;
  /** How long a restart takes, in milliseconds. */
  readonly restartDuration: number;
}

/** Counts to ten and leaves the stream open. It starts again only after a restart. */
export class Counter {
  readonly router: Router = Router();
  /** For the index server: the page sends it the commands for this one. */
  readonly controls: Router = Router();
  readonly site: Site = makeSeedSite('The events are at /sse.', this.router);
  readonly #streams = new Streams();
  #run = makeRun();

  constructor({ reconnectionTime, restartDuration }: CounterOptions) {
    this.router.get('/sse', (request, response) => {
      const send = this.#streams.open(request, response, reconnectionTime);
      const [run, number] = readLastEventId(request).split('-');
      // A client that comes back after an interruption has had some already.
      let count = run === this.#run ? Number(number) : 0;
      while (count < LAST) {
        count++;
        send({ id: `${this.#run}-${count}`, data: `demo${count}` });
      }
    });
    this.controls
      .get('/stats', (_request, response) => void response.json(this.#streams.stats))
      .post('/restart', (_request, response) => {
        this.#run = makeRun();
        void this.site.outage(restartDuration);
        response.end();
      });
  }
}

const makeRun = (): string => randomUUID().slice(0, 4);

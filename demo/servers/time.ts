import { type Request, type Response, Router } from 'express';
import { makeSeedSite } from './seed.js';
import type { Site } from './site.js';
import { readLastEventId, type StreamEvent, Streams } from './streams.js';
import { Tokens } from './tokens.js';

/** How many events a returning client gets again, as with brokers that promise "at least once". */
const OVERLAP = 3;
const LOG_LENGTH = 100;

export interface TimeOptions {
  /** Time between events, in milliseconds. */
  readonly timeInterval: number;
  /** Time between pings, in milliseconds. */
  readonly pingInterval: number;
  /** How long a pause lasts, in milliseconds. */
  readonly pauseDuration: number;
  /** What the stream's `retry` field says, in milliseconds. */
  readonly reconnectionTime: number;
  /** How long a token lives, in milliseconds. */
  readonly tokenLifetime: number;
}

/** Says what time it is: to everybody at `/events`, and to clients with a token at `/private/events`. */
export class Time {
  readonly router: Router = Router();
  /** For the index server: the page sends it the commands for this one. */
  readonly controls: Router = Router();
  readonly site: Site = makeSeedSite('The time is at /events.', this.router);
  readonly #streams = new Streams();
  readonly #senders = new Set<(event: StreamEvent) => void>();
  readonly #log: StreamEvent[] = [];
  readonly #tokens: Tokens;
  readonly #reconnectionTime: number;
  readonly #timers: NodeJS.Timeout[];
  #resume: NodeJS.Timeout | undefined;
  #count = 0;
  #areEventsPaused = false;
  #arePingsPaused = false;

  constructor(options: TimeOptions) {
    this.#tokens = new Tokens(options.tokenLifetime);
    this.#reconnectionTime = options.reconnectionTime;
    this.#timers = [
      setInterval(() => this.#tell(), options.timeInterval),
      setInterval(() => this.#ping(), options.pingInterval),
    ];
    this.router
      .get('/events', (request, response) => this.#serve(request, response))
      .get('/private/events', (request, response) => {
        if (this.#tokens.remaining(request.headers.authorization)) this.#serve(request, response);
        else response.status(401).set('WWW-Authenticate', 'Bearer').json({ error: 'POST /token' });
      })
      .post('/token', (_request, response) => void response.json(this.#tokens.issue()));
    this.controls
      .get('/stats', (_request, response) => void response.json(this.#streams.stats))
      .post('/pause', (request, response) => {
        this.#pause(options.pauseDuration, request.query['pings'] === 'too');
        response.end();
      })
      .post('/revoke', (_request, response) => {
        this.#tokens.revokeAll();
        this.#streams.endAll();
        response.end();
      })
      .post('/end', (_request, response) => {
        this.#streams.endAll();
        response.end();
      });
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#resume);
  }

  #serve(request: Request, response: Response): void {
    const send = this.#streams.open(request, response, this.#reconnectionTime);
    for (const event of this.#missed(readLastEventId(request))) send(event);
    this.#senders.add(send);
    response.on('close', () => this.#senders.delete(send));
  }

  #missed(lastEventId: string): StreamEvent[] {
    const index = this.#log.findIndex(({ id }) => id === lastEventId);
    return index < 0 ? [] : this.#log.slice(Math.max(0, index + 1 - OVERLAP));
  }

  #tell(): void {
    if (this.#areEventsPaused) return;
    // The letter shows that IDs are not numbers.
    const event = { id: `t${++this.#count}`, data: `Server time: ${new Date().toLocaleTimeString()}` };
    this.#log.push(event);
    if (this.#log.length > LOG_LENGTH) this.#log.shift();
    for (const send of this.#senders) send(event);
  }

  #ping(): void {
    if (!this.#arePingsPaused) this.#streams.write(': ping\n\n');
  }

  #pause(duration: number, pingsToo: boolean): void {
    this.#areEventsPaused = true;
    this.#arePingsPaused = pingsToo;
    clearTimeout(this.#resume);
    this.#resume = setTimeout(() => {
      this.#areEventsPaused = false;
      this.#arePingsPaused = false;
    }, duration);
  }
}

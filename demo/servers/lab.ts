import { type Request, type Response, Router } from 'express';
import { FaultyStream } from './faulty-stream.js';
import { Feed, type FeedEvent } from './feed.js';
import { formatEvent, openStream, readClient, readLastEventId } from './streams.js';
import { Tokens } from './tokens.js';

/** How fast things happen, all in milliseconds. */
export interface LabOptions {
  /** How long a token lives. */
  readonly tokenLifetime: number;
  /** Time between events of the feed. */
  readonly interval: number;
  /** What the feed's `retry` field says. */
  readonly reconnectionTime: number;
  /** How long the server is gone when it is stopped. */
  readonly stopDuration: number;
  /** How long a restart takes. */
  readonly restartDuration: number;
  /** What `Retry-After` says, in whole seconds. */
  readonly retryAfter: number;
}

type Stream = { readonly client: string; readonly stream: FaultyStream };
type Refuse = (request: Request, response: Response) => void;

/** In milliseconds: how often a comment says how many events there have been. */
const COMMENT_INTERVAL = 1000;

/** A feed that needs a token, and everything that can go wrong between it and its readers. */
export class Lab {
  readonly router: Router = Router();
  readonly #options: LabOptions;
  readonly #tokens: Tokens;
  readonly #outage: (milliseconds: number) => Promise<void>;
  #feed: Feed;
  /** The live streams. */
  readonly #streams = new Set<Stream>();
  /** What the next attempt of each client gets instead of the stream. */
  readonly #refusals = new Map<string, Refuse>();

  /** What happens to the live streams. */
  readonly #faults: Record<string, () => void> = {
    cut: () => this.#each((stream) => stream.cut(`id: ${this.#feed.nextId}\ndata: {"pa`)),
    reset: () => this.#each((stream) => stream.reset()),
    stall: () => this.#each((stream) => stream.stall()),
    drip: () => this.#each((stream) => stream.drip()),
    unavailable: () =>
      this.#refuseAll((_request, response) => {
        response.set('Retry-After', String(this.#options.retryAfter)).status(503).json({ error: 'busy' });
      }),
    unauthorized: () => {
      this.#tokens.revokeAll();
      this.#refuseAll(refuseToken);
    },
    'wrong-type': () =>
      this.#refuseAll((_request, response) => {
        response.type('html').send('<h1>Welcome to the Wi-Fi: please sign in</h1>');
      }),
    redirect: () =>
      this.#refuseAll((request, response) => response.redirect(307, `/lab/moved${request.url}`)),
    stop: () => void this.#outage(this.#options.stopDuration),
    restart: () => void this.#restart(),
  };

  /** @param outage - makes the whole server unreachable for a number of milliseconds. */
  constructor(options: LabOptions, outage: (milliseconds: number) => Promise<void>) {
    this.#options = options;
    this.#outage = outage;
    this.#tokens = new Tokens(options.tokenLifetime);
    this.#feed = new Feed(options.interval);
    this.router
      .post('/token', (_request, response) => void response.json(this.#tokens.issue()))
      .get(['/feed', '/moved/feed'], (request, response) => this.#serveFeed(request, response))
      // Without a token, because the native EventSource cannot send one.
      .get(['/native', '/moved/native'], (request, response) => {
        this.#serveStream(request, response, this.#takeRefusal(request));
      })
      .post('/faults/:fault', (request, response) => this.#serveFault(request, response))
      .get('/stats', (_request, response) => {
        const { run, written } = this.#feed;
        response.json({ run, written, streams: this.#streams.size });
      });
  }

  close(): void {
    this.#feed.close();
  }

  #serveFault(request: Request, response: Response): void {
    const fault = this.#faults[String(request.params['fault'])];
    if (!fault) {
      response.status(404).json({ faults: Object.keys(this.#faults) });
      return;
    }
    const streams = this.#streams.size;
    // The server may be gone after this.
    response.on('finish', fault).json({ streams });
  }

  #serveFeed(request: Request, response: Response): void {
    const tokenLife = this.#tokens.remaining(request.headers.authorization);
    const refuse = this.#takeRefusal(request) ?? (tokenLife ? undefined : refuseToken);
    const stream = this.#serveStream(request, response, refuse);
    if (!stream) return;
    const expiry = setTimeout(() => stream.end(), tokenLife);
    response.on('close', () => clearTimeout(expiry));
  }

  #serveStream(request: Request, response: Response, refuse?: Refuse): FaultyStream | undefined {
    if (refuse) {
      refuse(request, response);
      return undefined;
    }
    openStream(response, this.#options.reconnectionTime);
    const stream = new FaultyStream(response);
    const live = { client: readClient(request), stream };
    const send = (event: FeedEvent) => stream.write(formatEvent(event));
    // No event can get between the missed ones and the new ones: both are handled in the same turn.
    for (const event of this.#feed.after(readLastEventId(request))) send(event);
    const { listeners } = this.#feed;
    listeners.add(send);
    this.#streams.add(live);
    const tell = () => stream.write(`: ${this.#feed.written} written\n\n`);
    tell();
    const comments = setInterval(tell, COMMENT_INTERVAL);
    response.on('close', () => {
      listeners.delete(send);
      this.#streams.delete(live);
      clearInterval(comments);
    });
    return stream;
  }

  #each(fault: (stream: FaultyStream) => void): void {
    for (const { stream } of this.#streams) fault(stream);
  }

  /** Ends all streams, and sets the answer to each client's next attempt. */
  #refuseAll(refuse: Refuse): void {
    for (const { client, stream } of this.#streams) {
      this.#refusals.set(client, refuse);
      stream.end();
    }
  }

  #takeRefusal(request: Request): Refuse | undefined {
    const client = readClient(request);
    const refuse = this.#refusals.get(client);
    this.#refusals.delete(client);
    return refuse;
  }

  /** As in a deployment, where another process would read the log that this one has saved. */
  async #restart(): Promise<void> {
    const saved = JSON.stringify(this.#feed);
    this.#feed.close();
    const isBack = this.#outage(this.#options.restartDuration);
    this.#feed = new Feed(this.#options.interval, JSON.parse(saved));
    await isBack;
  }
}

const refuseToken: Refuse = (_request, response) => {
  response.set('WWW-Authenticate', 'Bearer error="invalid_token"').status(401);
  response.json({ error: 'missing or expired token: POST /lab/token' });
};

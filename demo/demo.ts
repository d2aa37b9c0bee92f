import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from './answer.js';
import { Feed, type FeedEvent } from './feed.js';
import { readFiles } from './files.js';
import { Tokens } from './tokens.js';

/** How fast things happen, all in milliseconds. */
export interface DemoOptions {
  /** How long a token lives. */
  readonly tokenLifetime?: number;
  /** From one event of the feed to the next. */
  readonly interval?: number;
  /** What the feed's `retry` field says. */
  readonly reconnectionTime?: number;
  /** From one word of an answer to the next. */
  readonly wordInterval?: number;
}

type Route = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => unknown;

/** In milliseconds: proxies drop connections that are silent for a minute or so. */
const PING_INTERVAL = 5000;

/** In bytes: a client that is so far behind is cut off, and resumes from the log when it can. */
const LONGEST_QUEUE = 1_000_000;

/** In bytes. */
const LONGEST_BODY = 10_000;

/** The server of the demo: the page, a feed that needs a token, answers as streams, and ways to break all that. */
export class Demo {
  readonly #options: Required<DemoOptions>;
  readonly #tokens: Tokens;
  readonly #feed: Feed;
  readonly #files = readFiles();
  /** The responses that are live streams now. */
  readonly #streams = new Set<ServerResponse>();
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));
  #restart: NodeJS.Timeout | undefined;

  readonly #routes: Record<string, Route> = {
    'POST /token': (_request, response) => sendJson(response, 200, this.#tokens.issue()),
    'GET /feed': (request, response) => this.#serveFeed(request, response),
    'POST /ask': (request, response) => this.#serveAnswer(request, response),
    'POST /cut': (_request, response) => sendJson(response, 200, { cut: this.#cut() }),
    'POST /stop': (_request, response, query) => this.#stop(response, Number(query.get('seconds') ?? 5)),
    'GET /stats': (_request, response) => {
      const { run, written } = this.#feed;
      sendJson(response, 200, { run, written, streams: this.#streams.size });
    },
  };

  constructor(options: DemoOptions = {}) {
    // About as fast as people can follow.
    this.#options = {
      tokenLifetime: 15_000,
      interval: 800,
      reconnectionTime: 1000,
      wordInterval: 80,
      ...options,
    };
    this.#tokens = new Tokens(this.#options.tokenLifetime);
    this.#feed = new Feed(this.#options.interval);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Rejects if the port is taken. 0 is any free one. */
  async listen(port: number): Promise<void> {
    // This machine only: whoever reaches the demo can stop it.
    this.#server.listen(port, 'localhost');
    await once(this.#server, 'listening');
  }

  close(): void {
    clearTimeout(this.#restart);
    this.#feed.close();
    this.#refuse();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query] = (request.url ?? '').split('?');
    const file = request.method === 'GET' && this.#files.get(path);
    if (file) {
      response.writeHead(200, { 'Content-Type': file.type, 'Cache-Control': 'no-cache' }).end(file.content);
      return;
    }
    const route = this.#routes[`${request.method} ${path}`];
    if (!route) return sendJson(response, 404, { error: 'not found' });
    try {
      await route(request, response, new URLSearchParams(query));
    } catch {
      // A request that broke off or was too long.
      response.destroy();
    }
  }

  #serveFeed(request: IncomingMessage, response: ServerResponse): void {
    const tokenLife = this.#openStream(request, response);
    if (!tokenLife) return;
    const send = (event: FeedEvent) => {
      response.write(`event: ${event.type}\nid: ${event.id}\ndata: ${event.data}\n\n`);
      if (response.writableLength > LONGEST_QUEUE) response.destroy();
    };
    // No event can come between the missed ones and the new ones: both happen in the same turn.
    for (const event of this.#feed.after(readLastEventId(request))) send(event);
    this.#feed.listeners.add(send);
    const ping = setInterval(() => response.write(': ping\n\n'), PING_INTERVAL);
    const leave = () => {
      this.#feed.listeners.delete(send);
      clearInterval(ping);
      clearTimeout(expiry);
    };
    const expiry = setTimeout(() => {
      leave();
      response.end();
    }, tokenLife);
    response.on('close', leave);
  }

  async #serveAnswer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const words = answer(await readBody(request));
    if (!this.#openStream(request, response)) return;
    // The IDs count the words, so that an answer that was cut can be resumed.
    let next = Number(readLastEventId(request));
    const timer = setInterval(() => {
      const word = words[next++];
      if (word !== undefined) return response.write(`id: ${next}\ndata: ${JSON.stringify(word)}\n\n`);
      clearInterval(timer);
      return response.end('event: done\ndata: the answer is complete\n\n');
    }, this.#options.wordInterval);
    response.on('close', () => clearInterval(timer));
  }

  /** Begins an event stream if there is a valid token. For how many milliseconds it is; 0 if it was refused. */
  #openStream(request: IncomingMessage, response: ServerResponse): number {
    const tokenLife = this.#tokens.remaining(request.headers.authorization);
    if (!tokenLife) {
      response.setHeader('WWW-Authenticate', 'Bearer error="invalid_token"');
      sendJson(response, 401, { error: 'missing or expired token: POST /token' });
      return 0;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(`retry: ${this.#options.reconnectionTime}\n\n`);
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
    return tokenLife;
  }

  /** As networks do it: in the middle of an event, which must be neither dispatched nor resumed from. */
  #cut(): number {
    for (const stream of this.#streams) {
      if (!stream.writableEnded) stream.write(`id: ${this.#feed.nextId}\ndata: {"pa`);
      // Writes leave at the end of the turn.
      setImmediate(() => stream.destroy());
    }
    return this.#streams.size;
  }

  /** Is gone for some seconds, as during a deployment. Time goes on for the feed. */
  #stop(response: ServerResponse, seconds: number): void {
    const { port } = this;
    response.on('finish', () => {
      this.#refuse();
      this.#restart = setTimeout(() => this.listen(port), seconds * 1000);
    });
    sendJson(response, 200, { seconds });
  }

  #refuse(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(value));
}

function readLastEventId(request: IncomingMessage): string {
  return String(request.headers['last-event-id'] ?? '');
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    body += chunk;
    if (body.length > LONGEST_BODY) throw new Error('body too long');
  }
  return body;
}

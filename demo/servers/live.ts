import { randomUUID } from 'node:crypto';
import express, { type Request, type Response, Router } from 'express';
import { FOLLOWS, type News, NewsDesk } from './news.js';
import { readLastEventId, Streams } from './streams.js';
import { Tokens } from './tokens.js';

/** All users have the same. This is a demo. */
const PASSWORD = 'demo';

export interface LiveOptions {
  /** How long an access token lives, in milliseconds. */
  readonly accessLifetime: number;
  /** Time between pieces of news, in milliseconds. */
  readonly newsInterval: number;
  /** What the stream's `retry` field says, in milliseconds. */
  readonly reconnectionTime: number;
}

/** A login that issues short-lived tokens, and a stream of what the user follows. */
export class Live {
  readonly router: Router = Router();
  readonly #streams = new Streams();
  readonly #desk: NewsDesk;
  readonly #tokens: Tokens;
  readonly #reconnectionTime: number;
  /** The user of each session. */
  readonly #sessions = new Map<string, string>();

  constructor({ accessLifetime, newsInterval, reconnectionTime }: LiveOptions) {
    this.#desk = new NewsDesk(newsInterval);
    this.#tokens = new Tokens(accessLifetime);
    this.#reconnectionTime = reconnectionTime;
    this.router
      .use(express.json())
      .post('/login', (request, response) => this.#logIn(request, response))
      .post('/token', (request, response) => this.#renew(request, response))
      .post('/logout', (request, response) => {
        this.#sessions.delete(request.body.session);
        response.end();
      })
      .get('/stream', (request, response) => this.#serve(request, response))
      .get('/stats', (_request, response) => {
        response.json({ ...this.#streams.stats, sessions: this.#sessions.size });
      });
  }

  close(): void {
    this.#desk.close();
  }

  #logIn(request: Request, response: Response): void {
    const { user, password } = request.body;
    if (!FOLLOWS[user] || password !== PASSWORD) {
      response.status(401).json({ error: 'unknown user or wrong password' });
      return;
    }
    const session = randomUUID();
    this.#sessions.set(session, user);
    response.json({ user, session, ...this.#tokens.issue(user) });
  }

  #renew(request: Request, response: Response): void {
    const user = this.#sessions.get(request.body.session);
    if (user) response.json(this.#tokens.issue(user));
    else response.status(401).json({ error: 'logged out' });
  }

  #serve(request: Request, response: Response): void {
    const { authorization } = request.headers;
    const topics = FOLLOWS[this.#tokens.ownerOf(authorization) ?? ''];
    if (!topics) {
      response
        .status(401)
        .set('WWW-Authenticate', 'Bearer error="invalid_token"')
        .json({ error: 'token expired' });
      return;
    }
    const write = this.#streams.open(request, response, this.#reconnectionTime);
    const send = (news: News) => {
      if (topics.includes(news.topic)) write(news);
    };
    for (const news of this.#desk.after(readLastEventId(request), topics)) send(news);
    this.#desk.listeners.add(send);
    // A stream must not outlive the permission to read it.
    const expiry = setTimeout(() => response.end(), this.#tokens.remaining(authorization));
    response.on('close', () => {
      this.#desk.listeners.delete(send);
      clearTimeout(expiry);
    });
  }
}

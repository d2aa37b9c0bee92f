import { inject, onTestFinished } from 'vitest';
import { FetchEventSource, type FetchEventSourceInit } from '../src/index.js';
import { isBrowser } from '../src/platform/is-browser.js';

/** Whether this is WebKit, whose name every browser but Firefox includes. */
export const isWebKit: boolean =
  isBrowser() && /AppleWebKit(?!.*Chrome)/.test(globalThis.navigator.userAgent);

/** What the scripted server does with a request. */
export interface ScriptedResponse {
  /** 200 by default. */
  status?: number;
  /** In addition to `Content-Type: text/event-stream` and permissive CORS headers. */
  headers?: Record<string, string>;
  /** Written one after the other, one character per byte (see `utf8()`). */
  chunks?: string[];
  /**
   * What follows the chunks: the end (default), a reset, or nothing (`hold`). Instead of a response: a reset (`refuse`)
   * or nothing (`stall`).
   */
  after?: 'end' | 'cut' | 'hold' | 'refuse' | 'stall';
}

export interface RecordedRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A URL that answers by a script, and the requests that it got. */
export interface Scripted {
  readonly url: string;
  requests(): Promise<RecordedRequest[]>;
  /** How many responses are open now. */
  open(): Promise<number>;
  /** Writes to every open response. */
  push(text: string): Promise<void>;
  /** Resets every open connection. */
  cut(): Promise<void>;
}

/** A response that is an event stream. */
export const eventStream = (body: BodyInit | null, init?: ResponseInit): Response =>
  new Response(body, { headers: { 'Content-Type': 'text/event-stream' }, ...init });

/** The text in the form of `chunks`. */
export const utf8 = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));

const post = (path: string, body = '') => fetch(`${inject('server')}/${path}`, { method: 'POST', body });

/** Makes the server answer the returned URL with these responses in turn, and repeat the last. */
export async function script(...responses: ScriptedResponse[]): Promise<Scripted> {
  const id = await (await post('scripts', JSON.stringify(responses))).text();
  return {
    url: `${inject('server')}/script/${id}`,
    requests: async () => (await post(`requests/${id}`)).json(),
    open: async () => Number((await post(`requests/${id}`)).headers.get('X-Open')),
    push: async (text) => void (await post(`push/${id}`, text)),
    cut: async () => void (await post(`cut/${id}`)),
  };
}

/**
 * The caller's headers and ours, by name in lower case; happy-dom leaves names as they were given. Outside browsers,
 * `Cache-Control` replaces what browsers' `fetch` sends (rule 54).
 */
export function namedHeaders(headers: Headers): Record<string, string> {
  const named = Object.fromEntries([...headers].map(([name, value]) => [name.toLowerCase(), value]));
  if (!isBrowser() && named['cache-control'] === 'no-cache') delete named['cache-control'];
  return named;
}

/** A source, closed at the end of the test. */
export function connect(url: string, init?: FetchEventSourceInit): FetchEventSource {
  const source = new FetchEventSource(url, init);
  onTestFinished(() => source.close());
  return source;
}

/** The next event of this type, or the next one for which the test holds. */
export function next<E extends Event = MessageEvent>(
  source: EventTarget,
  type: string,
  test: (event: E) => boolean = () => true,
): Promise<E> {
  return new Promise((resolve) => {
    const listener = (event: Event) => {
      if (!test(event as E)) return;
      source.removeEventListener(type, listener);
      resolve(event as E);
    };
    source.addEventListener(type, listener);
  });
}

/** Enough turns of the event loop for an attempt or two, if there were any. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve));
}

/** Collects events of these types in order, as `type` or, for messages, `type:data`. */
export function record(source: FetchEventSource, ...types: string[]): string[] {
  const log: string[] = [];
  for (const type of ['open', 'message', 'error', ...types]) {
    source.addEventListener(type, (event) => {
      const { data } = event as MessageEvent;
      log.push(data === undefined ? `${event.type}:${source.readyState}` : `${event.type}:${data}`);
    });
  }
  return log;
}

declare module 'vitest' {
  export interface ProvidedContext {
    server: string;
  }
}

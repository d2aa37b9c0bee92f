import { ignore } from './event-handlers.js';
import type { StreamState } from './event-stream.js';
import type { FetchEventSourceInit, HeadersFunction, ReconnectOptions } from './types.js';

/** Our own options and those within `reconnect`, where there is a default. The types of the defaults are binding. */
const DEFAULTS = {
  fetch: (...request: Parameters<typeof fetch>): ReturnType<typeof fetch> => globalThis.fetch(...request),
  lastEventId: '',
  lastEventIdParam: '',
  maxBackoff: 30_000,
  maxFailures: Infinity,
  onComment: ignore as (comment: string) => void,
  reconnectionTime: 3000,
  shouldReconnect: ignore as NonNullable<ReconnectOptions['shouldReconnect']>,
  /** Those that speak of a passing trouble. */
  statuses: [408, 425, 429, 500, 502, 503, 504] as readonly number[],
};

/** The constructor's arguments, checked and with their defaults, and what the streams said since. */
export interface Source extends Readonly<Omit<typeof DEFAULTS, keyof StreamState>>, StreamState {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers | HeadersFunction;
  readonly body: FetchEventSourceInit['body'];
  readonly signal?: AbortSignal;
  readonly withCredentials: boolean;
  /** `undefined`: it is for the method to say. */
  readonly reconnect?: boolean;
}

type Members = Record<string, unknown>;

/**
 * Checks the constructor's arguments.
 * @throws TypeError for an option that cannot work. It names the option, and its value where that is no secret.
 * @throws DOMException `SyntaxError` for a URL that cannot be parsed.
 */
export function readOptions(url: string | URL, init: unknown): Source {
  const { headers, body, withCredentials, ...others } = readInit(init);
  const { method = 'GET', reconnect } = others;
  if (typeof reconnect === 'object') Object.assign(others, present(reconnect), { reconnect: true });
  check(others);
  if (body && /^get$/i.test(`${method}`)) throw new TypeError("body: pass method: 'POST'");
  if (body instanceof ReadableStream) throw new TypeError('body: pass a function that makes the stream');
  const options = { ...DEFAULTS, ...others };
  return {
    // rule 4; rule 54: this cache mode sends `Cache-Control: no-cache` without a preflight
    credentials: withCredentials ? 'include' : 'same-origin',
    cache: 'no-store',
    ...options,
    method,
    url: readUrl(url),
    withCredentials: !!withCredentials,
    headers: typeof headers === 'function' ? headers : readHeaders(headers),
    body: readBody(body),
    lastEventId: options.lastEventId || undefined,
    leastWait: options.reconnectionTime,
  } as unknown as Source;
}

/** Copies headers. The platform's own error might show a value. */
export function readHeaders(headers: unknown): Headers {
  try {
    return new Headers(headers as HeadersInit);
  } catch {
    throw new TypeError('headers: illegal name or value');
  }
}

/** The body as it is, unless `fetch` would send it as "[object Object]". */
export function readBody<T>(body: T): T {
  if (`${body}` === '[object Object]') throw new TypeError('body: use JSON.stringify()');
  return body;
}

/** The members that are neither undefined nor null. */
function present(object: unknown): Members {
  const members: Members = {};
  // for…in, so that what a Request inherits counts
  for (const name in object as Members) {
    const value = (object as Members)[name];
    if (value != null) members[name] = value;
  }
  return members;
}

/** The members of the init, with the headers where they belong if they are all there is. */
function readInit(init: unknown): Members {
  if ((init as Iterable<unknown> | undefined)?.[Symbol.iterator]) return { headers: init };
  const members = present(init);
  const names = Object.keys(members);
  const headers = names.filter((name) => /-|^(authorization|cookie|accept)$/i.test(name));
  if (!headers.length) return members;
  if (names.every((name) => headers.includes(name) && typeof members[name] === 'string'))
    return { headers: members };
  throw new TypeError(`${headers}: pass it in headers`);
}

function readUrl(url: string | URL): URL {
  try {
    // rule 51: a worker has no document, Node has neither
    const parsed = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
    // rule 52: Chromium escapes what no host may hold
    if (!/^http.*%/.test(parsed.protocol + parsed.hostname)) return parsed;
  } catch {}
  // without the URL, which may hold a password or a token
  throw new DOMException('Invalid or relative URL', 'SyntaxError');
}

function check(members: Members): void {
  for (const name in members) {
    const value = members[name];
    try {
      if (isWrong(name, value)) throw value;
    } catch {
      throw new TypeError(`${name}: got ${value}`);
    }
  }
}

/** Throws, too, for what `fetch` would refuse at every attempt. */
function isWrong(name: string, value: unknown): boolean {
  const type = typeof (name === 'reconnect' || DEFAULTS[name as keyof typeof DEFAULTS]);
  // Numbers are amounts.
  if (type !== 'undefined') return type !== typeof value || (value as number) < 0 || Number.isNaN(value);
  const { method, mode, integrity } = new Request('http://localhost', { [name]: value });
  // No event stream can live with these.
  return /HEAD|no-cors/.test(method + mode) || !!integrity;
}

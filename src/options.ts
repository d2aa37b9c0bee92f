import { ignore } from './callbacks.js';
import { MAX_EVENT_SIZE, type StreamState } from './event-stream.js';
import { readParser } from './parse.js';
import { isRefused } from './platform.js';
import type { FetchEventSourceInit, HeadersFunction, ReconnectOptions } from './types.js';

/** Looked up at every attempt. */
export const globalFetch: typeof fetch = (url, init) => fetch(url, init);

/** The members of `reconnect`. The type of a default is the option's. */
const POLICY: {
  maxBackoff: number;
  maxFailures: number;
  reconnectionTime: number;
  shouldReconnect: NonNullable<ReconnectOptions['shouldReconnect']>;
  statuses: readonly number[];
} = {
  maxBackoff: 30_000,
  maxFailures: Infinity,
  reconnectionTime: 3000,
  shouldReconnect: ignore as () => undefined,
  // those that speak of a passing trouble
  statuses: [408, 425, 429, 500, 502, 503, 504],
};

/** All options of ours. */
const DEFAULTS: typeof POLICY & {
  connectTimeout: number;
  done: FetchEventSourceInit['done'];
  fetch: typeof fetch;
  idleTimeout: number;
  lastEventId: string;
  lastEventIdParam: string;
  maxEventSize: number;
  method: string;
  onComment: (comment: string) => void;
  reconnect: boolean | undefined;
  signal: AbortSignal | undefined;
  withCredentials: boolean | undefined;
} = {
  // none
  connectTimeout: 0,
  done: undefined,
  fetch: globalFetch,
  idleTimeout: 0,
  lastEventId: '',
  lastEventIdParam: '',
  maxEventSize: MAX_EVENT_SIZE,
  method: 'GET',
  onComment: ignore,
  // It is for the method to say.
  reconnect: undefined,
  signal: undefined,
  withCredentials: undefined,
  ...POLICY,
};

/** What a source was made with, checked and with the defaults, and what it knows from its streams. */
export interface Source extends Readonly<Omit<typeof DEFAULTS, keyof StreamState>>, StreamState {
  readonly url: string;
  /** For `fetch`, at each attempt: what is no option of ours. */
  readonly request: RequestInit;
  readonly headers: FetchEventSourceInit['headers'] | HeadersFunction;
  readonly body: FetchEventSourceInit['body'];
  readonly parse: ((data: string, type: string) => unknown) | undefined;
}

interface Members {
  fetch?: unknown;
  reconnect?: unknown;
  withCredentials?: unknown;
  headers?: unknown;
  body?: unknown;
  parse?: unknown;
  [name: string]: unknown;
}

/**
 * Checks the constructor's arguments.
 * @throws TypeError for an option that cannot work. It names the option, and its value where that is no secret.
 * @throws DOMException `SyntaxError` for a URL that cannot be parsed.
 */
export function readOptions(url: string | URL, init: unknown): Source {
  // As in Jest's jsdom. Later, it would be a failed attempt, again and again.
  if (!globalThis.Headers || !globalThis.TextDecoder) {
    throw new TypeError('No Headers or TextDecoder: in Jest use jest-fixed-jsdom');
  }
  const { headers, body, parse, ...others } = readInit(init);
  const { reconnect, withCredentials } = others;
  // From here on, the members of `reconnect` are options like all others.
  if (typeof reconnect === 'object') {
    const policy = present(reconnect);
    for (const name in policy) {
      if (!Object.hasOwn(POLICY, name)) throw new TypeError(`reconnect: got a member ${name}`);
    }
    Object.assign(others, policy, { reconnect: true });
  }
  check(others);
  const options = { ...DEFAULTS };
  const request: Members = {
    // rule 4; rule 54: this cache mode sends `Cache-Control: no-cache` without a preflight
    credentials: withCredentials ? 'include' : 'same-origin',
    cache: 'no-store',
  };
  for (const name in others) (name in DEFAULTS ? (options as Members) : request)[name] = others[name];
  request['method'] = options.method;
  if (body !== undefined && /^get$/i.test(options.method)) throw new TypeError("body: pass method: 'POST'");
  if (isStream(readBody(body))) throw new TypeError('body: use a function');
  const { href } = readUrl(`${url}`);
  return {
    // Not the spread first: V8 would give each object a shape of its own, half a kilobyte.
    request,
    ...options,
    headers: headers === undefined || typeof headers === 'function' ? headers : readHeaders(headers),
    body,
    parse: parse && readParser(parse),
    url: href,
    lastEventId: options.lastEventId || undefined,
    wantsComments: !!others['onComment'],
    // rule 53: of other schemes, only a caller's fetch may know
    reconnect: (!!others.fetch || /^(https?|data|blob):/.test(href)) && others.reconnect,
  } as unknown as Source;
}

const isStream = (body: unknown): boolean =>
  'getReader' in Object(body) || Symbol.asyncIterator in Object(body);

/** The body, if it is none that `fetch` would send the name of. */
export function readBody(body: unknown): RequestInit['body'] {
  const isNamed = Array.isArray(body) || !('toString' in Object(body)) || /^\[object [OM]/.test(`${body}`);
  if (typeof body !== 'object' || isStream(body) || !isNamed) return body as BodyInit;
  throw new TypeError('body: use JSON.stringify()');
}

/** A copy of the headers. The platform's own error might show a value. */
export function readHeaders(headers: unknown): Headers {
  try {
    return new Headers(headers as HeadersInit);
  } catch {
    throw new TypeError('headers: illegal header');
  }
}

/** The members that are neither undefined nor null. */
function present(object: unknown): Members {
  const members: Members = {};
  // for…in, so that what a Request inherits counts
  for (const name in object as Members) {
    const value = (object as Members)[name];
    // A Request says some things that nobody has said to it.
    const isDefault =
      !Object.hasOwn(object as Members, name) && ['follow', 'default'].includes(value as string);
    if (value != null && !isDefault) members[name] = value;
  }
  return members;
}

const HEADER = /-|^(authorization|cookie|accept)$/i;

/** The members of the init, or the headers where they belong if they are all there is. */
function readInit(init: unknown): Members {
  if (typeof init !== 'object') throw new TypeError(`options: got a ${typeof init}`);
  if (Symbol.iterator in (init ?? {})) return { headers: init };
  const members = present(init);
  const names = Object.keys(members);
  return names[0] && names.every((name) => HEADER.test(name) && typeof members[name] === 'string')
    ? { headers: members }
    : members;
}

function readUrl(url: string): URL {
  try {
    // rule 51: a worker has no document, Node has neither
    const parsed = new URL(url, globalThis.document?.baseURI ?? globalThis.location);
    // rule 52: Chromium escapes what no host of these schemes may hold
    if (!/^https?:$/.test(parsed.protocol) || !/%/.test(parsed.hostname)) return parsed;
  } catch {}
  // without the URL, which may hold a password or a token
  throw new DOMException('Invalid URL', 'SyntaxError');
}

/** Each member by itself, so that it can be named. */
function check(members: Members): void {
  for (const name in members) {
    // biome-ignore lint/suspicious/noExplicitAny: it may be anything
    const value: any = members[name];
    // biome-ignore lint/suspicious/noExplicitAny: of any type
    const like: any = name === 'reconnect' || DEFAULTS[name as keyof typeof DEFAULTS];
    try {
      if (HEADER.test(name) || isRefused(name, value)) throw value;
      // Lists have map(). Numbers are amounts.
      const isNegative = typeof value === 'number' && !(value >= 0);
      const isUnlike = typeof like !== typeof value || like.map !== value.map || isNegative;
      if (like !== undefined && isUnlike) throw value;
      if (name === 'done' && !/string|function/.test(typeof value)) throw value;
      if (name === 'signal' && !value.addEventListener) throw value;
      // So does this, for text that no request can carry.
      if (typeof value === 'string') encodeURIComponent(value);
    } catch {
      throw new TypeError(`${name}: ${HEADER.test(name) ? 'pass it in headers' : `got ${String(value)}`}`);
    }
  }
}

import { createDOMException, isRefused } from '#platform';
import { show } from '../errors/text.js';
import { isStream, readBody } from '../http/body.js';
import type { Fetch } from '../http/call-fetch.js';
import { readHeaders } from '../http/headers.js';
import { isMadeOf } from '../http/mark.js';
import { isRepeatable } from '../http/methods.js';
import type { RequestOptions } from '../http/request.js';
import type { Policy, PolicyOptions } from '../reconnect/decision.js';
import { MAX_EVENT_SIZE } from '../stream/interpreter.js';
import type { FetchEventSourceInit } from '../types/options.js';
import { type Parse, readParser } from './parser.js';
import {
  guard,
  isAmount,
  isBoolean,
  isFunction,
  isText,
  type Members,
  readTable,
  refuse,
  type Table,
} from './table.js';

/** The library's own options, as the caller gave them or by default. */
interface OwnOptions {
  /** In milliseconds; 0 is none. */
  readonly connectTimeout: number;
  readonly done: FetchEventSourceInit['done'];
  /** The caller's; `undefined` is the platform's. */
  readonly fetch: Fetch | undefined;
  readonly dedupe: boolean;
  readonly flush: boolean;
  /** In milliseconds; 0 is none. */
  readonly idleTimeout: number;
  readonly lastEventId: string;
  readonly lastEventIdParam: string;
  /** In characters. */
  readonly maxEventSize: number;
  readonly onComment: ((comment: string) => void) | undefined;
  readonly reconnect: FetchEventSourceInit['reconnect'];
  readonly signal: AbortSignal | undefined;
  readonly withCredentials: boolean;
}

/** The constructor's arguments, checked and with the defaults. They never change. */
export interface Options extends Omit<OwnOptions, 'reconnect'>, RequestOptions {
  readonly policy: Policy;
  readonly wantsComments: boolean;
  readonly parse: Parse | undefined;
}

const MILLISECONDS = 'milliseconds, such as 30000';

const OWN: Table<OwnOptions> = {
  connectTimeout: [0, isAmount, MILLISECONDS],
  done: [undefined, (value) => isText(value) || isFunction(value)],
  fetch: [undefined, isFunction],
  dedupe: [false, isBoolean],
  flush: [false, isBoolean],
  idleTimeout: [0, isAmount, MILLISECONDS],
  lastEventId: ['', isText],
  lastEventIdParam: ['', isText],
  maxEventSize: [MAX_EVENT_SIZE, isAmount],
  onComment: [undefined, isFunction],
  reconnect: [undefined, (value) => /boolean|object/.test(typeof value)],
  signal: [undefined, (value) => !!(value as AbortSignal).addEventListener, 'controller.signal'],
  withCredentials: [false, () => true],
};

/** The members of `reconnect`. */
const POLICY: Table<PolicyOptions> = {
  reconnectionTime: [3000, isAmount, MILLISECONDS],
  maxBackoff: [30_000, isAmount, MILLISECONDS],
  maxFailures: [Number.POSITIVE_INFINITY, isAmount],
  healthyAfter: [0, isAmount, MILLISECONDS],
  // those that speak of passing trouble, Cloudflare's own from 520 on
  statuses: [[408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524], Array.isArray],
  shouldReconnect: [() => undefined, isFunction],
};

/** A member that looks like a header. */
const HEADER = /-|^(authorization|cookie|accept)$/i;

/** What to pass in the place of a member that nobody has, and of which `fetch` would say nothing. */
function findMeant(name: string): string | undefined {
  if (HEADER.test(name) || name === 'header') return 'headers';
  if (Object.hasOwn(POLICY, name) || name === 'retry') return 'reconnect';
  // Bun's fetch has one.
  if (name === 'timeout' && !('Bun' in globalThis)) return 'connectTimeout';
  return name.startsWith('on') ? 'it to addEventListener()' : undefined;
}

/**
 * Checks the constructor's arguments.
 *
 * @throws TypeError for an option that cannot work. It names the option, and its value where that is no secret.
 * @throws DOMException `SyntaxError` for a URL that cannot be parsed.
 */
export function readOptions(url: string | URL, init: unknown): Options {
  // As in Jest's jsdom. Without this check every attempt would fail instead.
  if (!globalThis.Headers || !globalThis.TextDecoder) {
    throw new TypeError('No Headers or TextDecoder: in Jest use jest-fixed-jsdom');
  }
  const { headers, body, parse, ...others } = readInit(init);
  // rule 4; rule 54: this cache mode sends `Cache-Control: no-cache` without a preflight
  const request: RequestInit = { credentials: 'same-origin', cache: 'no-store', method: 'GET' };
  if (others['withCredentials']) request.credentials = 'include';
  const { reconnect, ...own } = readTable(OWN, others, (name, value) => {
    checkOther(name, value);
    Reflect.set(request, name, value);
  });
  const method = `${request.method}`;
  checkBody(body, method);
  const { href } = readUrl(`${url}`);
  // rule 53: only a caller's fetch may know other schemes
  const isForeign = own.fetch && !isMadeOf(own.fetch, 'transport');
  const isLoadable = isForeign || /^(https?|data|blob):/.test(href);
  return Object.freeze({
    request,
    ...own,
    url: href,
    headers: headers === undefined || typeof headers === 'function' ? headers : readHeaders(headers),
    body,
    policy: readPolicy(isLoadable ? reconnect : false, method),
    wantsComments: !!own.onComment,
    parse: parse && guard('parse', parse, () => readParser(parse)),
  } as Options);
}

/** Checks a member that is passed on to `fetch`. */
function checkOther(name: string, value: unknown): void {
  const meant = findMeant(name);
  const shown = show(name);
  // Not the value, which may be that of a header.
  if (meant) throw new TypeError(`${shown}: pass ${meant}`);
  if (guard(shown, value, () => isRefused(name, value))) refuse(shown, value);
}

function checkBody(body: unknown, method: string): void {
  if (body !== undefined && /^get$/i.test(method)) throw new TypeError("body: pass method: 'POST'");
  // Not its value, which may be a secret.
  if (guard('body', typeof body, () => isStream(readBody(body)))) throw new TypeError('body: use a function');
}

/** The policy that `reconnect` asks for with a request of this method. */
function readPolicy(reconnect: FetchEventSourceInit['reconnect'], method: string): Policy {
  const policy = readTable(
    POLICY,
    typeof reconnect === 'object' ? present(reconnect, 'reconnect') : {},
    (name) => {
      throw new TypeError(`reconnect: got a member ${show(name)}; it has ${Object.keys(POLICY).join(', ')}`);
    },
  );
  // Not a spread, which takes three times the memory.
  return Object.assign(policy, { isWanted: reconnect && true, isIdempotent: isRepeatable(method) });
}

/** The members that are neither undefined nor null. */
function present(object: unknown, option: string): Members {
  const members: Members = Object.create(null);
  let current = option;
  try {
    // for…in, so that what a Request inherits counts
    for (const name in object as Members) {
      current = name;
      const value = (object as Members)[name];
      // A Request has values for members that nobody set, and somebody may have added to Object.prototype.
      const isForeign = name in Object.prototype || ['follow', 'default'].includes(value as string);
      if (value != null && (Object.hasOwn(object as Members, name) || !isForeign)) members[name] = value;
    }
  } catch {
    throw new TypeError(`${show(current)}: cannot be read`);
  }
  return members;
}

/** The members of the init. An init of headers alone becomes `{ headers }`. */
function readInit(init: unknown): Members {
  if (typeof init !== 'object') throw new TypeError(`options: got a ${typeof init}`);
  if (guard('options', init, () => Symbol.iterator in (init ?? {}))) return { headers: init };
  const members = present(init, 'options');
  const names = Object.keys(members);
  return names[0] && names.every((name) => HEADER.test(name) && typeof members[name] === 'string')
    ? { headers: members }
    : members;
}

/**
 * rule 1
 * @throws DOMException `SyntaxError`
 */
function readUrl(url: string): URL {
  try {
    // rule 51: a worker has no document, Node has neither
    const parsed = new URL(url, globalThis.document?.baseURI ?? globalThis.location);
    // rule 52: Chromium escapes characters that hosts must not contain instead of failing
    if (!/^https?:$/.test(parsed.protocol) || !/%/.test(parsed.hostname)) return parsed;
  } catch {}
  // without the URL, which may hold a password or a token
  const remedy = globalThis.location ? '' : ': without a page it must be absolute';
  throw createDOMException(`Invalid URL${remedy}`, 'SyntaxError');
}

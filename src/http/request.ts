import { FetchEventSourceError } from '../errors/error.js';
import { markPermanent } from '../errors/permanent.js';
import type { Attempt, FetchEventSourceInit } from '../types/options.js';
import { readBody } from './body.js';
import type { Init } from './call-fetch.js';
import { readHeaders } from './headers.js';
import { setLastEventId } from './last-event-id.js';

/** The options that make a request. */
export interface RequestOptions {
  readonly url: string;
  readonly headers: FetchEventSourceInit['headers'];
  readonly body: FetchEventSourceInit['body'];
  readonly lastEventIdParam: string;
  /** All other members of the init, for `fetch` at each attempt. */
  readonly request: RequestInit;
}

/** What to call `fetch` with. */
export interface FetchRequest {
  readonly url: string;
  readonly init: Init;
  /** Whether the request has headers, a body or a user from the caller, which another origin must not get. */
  readonly hasSecrets: boolean;
}

/**
 * Makes the request of an attempt, afresh each time (T15).
 *
 * @param lastEventId - `undefined` as long as the source has none of its own.
 * @throws FetchEventSourceError `headers` or `body` if one of the caller's functions fails.
 */
export async function createRequest(
  options: RequestOptions,
  attempt: Attempt,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<FetchRequest> {
  const headers = await ask('headers', options.headers, attempt, signal, readHeaders);
  const body = await ask('body', options.body, attempt, signal, readBody);
  const url = new URL(options.url);
  if (!headers.has('Accept')) headers.set('Accept', 'text/event-stream');
  const hasUser = moveUser(url, headers);
  if (lastEventId !== undefined) setLastEventId(url, headers, lastEventId, options.lastEventIdParam);
  // T22: without `duplex`, fetch() refuses streams
  const init = { duplex: 'half', ...options.request, headers, body, signal } as Init;
  return { url: url.href, init, hasSecrets: options.headers !== undefined || body != null || hasUser };
}

/** Resolves an option that may be a function of the attempt, and reads the result. */
async function ask<T>(
  code: 'headers' | 'body',
  given: unknown,
  attempt: Attempt,
  signal: AbortSignal,
  read: (value: unknown) => T,
): Promise<T> {
  if (signal.aborted) throw signal.reason;
  let value: unknown;
  try {
    value = await (typeof given === 'function' ? given(attempt) : given);
  } catch (cause) {
    throw new FetchEventSourceError(code, `${code}() failed`, cause);
  }
  try {
    return read(value);
  } catch (cause) {
    // A function that gives what is refused would give it again.
    throw markPermanent(new FetchEventSourceError(code, (cause as Error).message, cause));
  }
}

/**
 * Moves user and password from the URL to a header, because fetch() refuses such URLs. Returns whether there were any.
 */
function moveUser(url: URL, headers: Headers): boolean {
  const userinfo = `${url.username}:${url.password}`;
  if (userinfo === ':') return false;
  url.username = url.password = '';
  if (!headers.has('Authorization')) {
    // unescape() turns bytes into characters, as btoa() needs them, but would read `%u` and four digits as one.
    headers.set('Authorization', `Basic ${btoa(unescape(userinfo.replace(/%(?=u)/gi, '%25')))}`);
  }
  return true;
}

import { FetchEventSourceError } from '../errors/error.js';
import { markPermanent } from '../errors/permanent.js';
import type { FetchEventSourceInit } from '../types/options.js';
import { discard } from './discard.js';

/** The init of one call. */
export type Init = RequestInit & { headers: Headers };

/** The part of `fetch` that is used. */
export type Fetch = NonNullable<FetchEventSourceInit['fetch']>;

/**
 * Calls the caller's `fetch`, or the platform's as it is now. The headers get properties as well: a `fetch` written for
 * the package `eventsource`, which passes a plain object, may add to them by `{ ...init.headers }`.
 *
 * @throws FetchEventSourceError if what comes is no response; whatever the signal was aborted with.
 */
export async function callFetch(
  fetch: Fetch | undefined,
  url: string,
  init: Init,
  prepare?: (headers: Headers) => void,
): Promise<Response> {
  const { signal } = init;
  // T23: it may ignore the signal. The body may be a stream.
  if (signal?.aborted) {
    discard(init);
    throw signal.reason;
  }
  // A copy, because the callee may change it, and the next hop of a redirect begins with what we have.
  const headers = new Headers(init.headers);
  prepare?.(headers);
  // Not those that have the name of a method.
  for (const [name, value] of headers) if (!(name in headers)) Reflect.set(headers, name, value);
  // As a function by itself: a page's own fetch refuses to be a method of another object.
  const call = fetch ?? globalThis.fetch;
  const response: unknown = await call(url, { ...init, headers } as Init & { signal: AbortSignal });
  if (Object(Object(response).headers).get) return response as Response;
  // A forgotten `return`, for one. Not the value, of which a log should not show more than its kind.
  const message = `fetch: got ${response && typeof response}, not a Response`;
  throw markPermanent(new FetchEventSourceError('network', message));
}

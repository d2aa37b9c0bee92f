import { FetchEventSourceError } from './errors.js';
import { readBody, readHeaders, type Source } from './options.js';
import type { Attempt } from './types.js';

/** What `fetch` is called with, made for one call. */
export type Init = RequestInit & { headers: Headers };

/** What to call `fetch` with for an attempt. Rejects with a typed error if one of the caller's functions fails. */
export async function createRequest(
  source: Source,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<[url: string, init: Init]> {
  const { lastEventId, lastEventIdParam } = source;
  // T15: made afresh for each attempt
  const headers = await ask('headers', source.headers, attempt, readHeaders);
  const body = await ask('body', source.body, attempt, readBody);
  const url = new URL(source.url);
  if (!headers.has('Accept')) headers.set('Accept', 'text/event-stream');
  const userinfo = `${url.username}:${url.password}`;
  // fetch() refuses such URLs. unescape() makes one character of each byte, which is what btoa() takes, but of `%u` with
  // four digits a character.
  url.username = url.password = '';
  if (userinfo !== ':' && !headers.has('Authorization')) {
    headers.set('Authorization', `Basic ${btoa(unescape(userinfo.replace(/%(?=u)/gi, '%25')))}`);
  }
  if (lastEventId !== undefined) {
    // In the place of what the caller may have set. rule 39: an empty ID is not sent
    const value = encodeLastEventId(source);
    headers.delete('Last-Event-ID');
    if (lastEventIdParam) {
      // Pair by pair: `searchParams` would write the others anew, and a signature may be of them as they are.
      // A question mark at the beginning of a pair is a part of the name.
      const isOther = (pair: string) => !new URLSearchParams(`&${pair}`).has(lastEventIdParam);
      const pairs = url.search ? url.search.slice(1).split('&').filter(isOther) : [];
      if (value) pairs.push(`${encodeURIComponent(lastEventIdParam)}=${value}`);
      // The first one is taken for the query's own.
      url.search = pairs.join('&').replace(/^\?/, '??');
    } else if (value) headers.set('Last-Event-ID', value);
  }
  // T22: without `duplex`, fetch() refuses streams
  return [url.href, { duplex: 'half', ...source.request, headers, body, signal } as Init];
}

/**
 * Calls the caller's fetch, or the platform's. The headers get properties, too: a fetch for the package `eventsource`,
 * which has a plain object there, may add to them by `{ ...init.headers }`.
 */
export function callFetch({ fetch }: Source, url: string, init: Init): Promise<Response> {
  const { headers } = init;
  // But for those that are called as one of the methods.
  for (const [name, value] of headers) if (!(name in headers)) Reflect.set(headers, name, value);
  // Without an object: a page's own fetch refuses to be a method of another.
  return fetch(url, init);
}

/** In bytes. */
const LONGEST_ID = 8192;

/**
 * The last event ID as it is in a query, or as a header's value: UTF-8 with one character a byte (T13).
 * `undefined` if it cannot be sent: a header lets through only certain bytes (T14), and servers refuse requests whose
 * head is too large.
 */
export function encodeLastEventId({ lastEventId = '', lastEventIdParam }: Source): string | undefined {
  // It only grows, and what is hundreds of megabytes takes seconds, or fails.
  if (lastEventId.length > LONGEST_ID) return undefined;
  const escaped = encodeURIComponent(lastEventId);
  const encoded = lastEventIdParam ? escaped : unescape(escaped);
  return encoded.length > LONGEST_ID || !/^[\t\x20-\x7e\x80-\xff]*$/.test(encoded) ? undefined : encoded;
}

/** What the caller gave, or what the caller's function makes of the attempt, as `read` has it. */
async function ask<T>(
  code: 'headers' | 'body',
  given: unknown,
  attempt: Attempt,
  read: (value: never) => T,
): Promise<T> {
  attempt.signal.throwIfAborted();
  try {
    return read((await (typeof given === 'function' ? given(attempt) : given)) as never);
  } catch (cause) {
    throw new FetchEventSourceError(code, `${code}() failed`, cause);
  }
}

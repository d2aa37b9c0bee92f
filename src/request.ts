import { FetchEventSourceError } from './errors.js';
import { readBody, readHeaders, type Source } from './options.js';
import type { Attempt } from './types.js';

/** The longest last event ID to send, in bytes as sent: servers refuse requests whose head is too large. */
const LONGEST_ID = 8192;

/** What every `fetch` lets through in a header's value, one character a byte (T14). */
const FIELD_CONTENT = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What to call `fetch` with for an attempt. Rejects with a typed error if one of the caller's functions fails. */
export async function createRequest(
  source: Source,
  attempt: Attempt,
): Promise<[url: string, init: RequestInit]> {
  const { lastEventId, lastEventIdParam } = source;
  const url = new URL(source.url);
  // T15: made afresh for each attempt
  const headers = await ask('headers', source.headers, attempt, readHeaders);
  const body = await ask('body', source.body, attempt, readBody);
  if (!headers.has('Accept')) headers.set('Accept', 'text/event-stream');
  const userinfo = `${url.username}:${url.password}`;
  if (userinfo !== ':') {
    // fetch() refuses such URLs. unescape() makes one character of each byte, which is what btoa() takes.
    if (!headers.has('Authorization')) headers.set('Authorization', `Basic ${btoa(unescape(userinfo))}`);
    url.username = url.password = '';
  }
  if (lastEventId !== undefined) {
    // In the place of what the caller may have set. rule 39: an empty ID is not sent
    const encoded = lastEventId && encodeLastEventId(source);
    headers.delete('Last-Event-ID');
    if (lastEventIdParam) url.searchParams.delete(lastEventIdParam);
    if (encoded && lastEventIdParam) url.searchParams.append(lastEventIdParam, lastEventId);
    else if (encoded) headers.set('Last-Event-ID', encoded);
  }
  // T22: without `duplex`, fetch() refuses streams
  const init: unknown = { ...source, headers, body, signal: attempt.signal, duplex: 'half' };
  return [url.href, init as RequestInit];
}

/**
 * The last event ID as the request will carry it: a query parameter, or a header's value, UTF-8 with one character a
 * byte (T13). `undefined` if it cannot be sent.
 */
export function encodeLastEventId({ lastEventId = '', lastEventIdParam }: Source): string | undefined {
  const escaped = encodeURIComponent(lastEventId);
  const encoded = lastEventIdParam ? escaped : unescape(escaped);
  return encoded.length <= LONGEST_ID && FIELD_CONTENT.test(encoded) ? encoded : undefined;
}

/** What the caller gave, or what the caller's function makes of the attempt, as `read` has it. */
async function ask<T>(
  code: 'headers' | 'body',
  given: unknown,
  attempt: Attempt,
  read: (value: never) => T,
): Promise<T> {
  try {
    return read((await (typeof given === 'function' ? given(attempt) : given)) as never);
  } catch (cause) {
    throw new FetchEventSourceError(code, `${code}() failed`, cause);
  }
}

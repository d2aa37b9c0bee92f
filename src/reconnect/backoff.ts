import type { Failure } from '../types/options.js';

/** How long to wait, in milliseconds. */
export interface Wait {
  /** Even an `online` event does not shorten this part. */
  readonly least: number;
  /** `undefined` where a promise tells when it is over. */
  readonly total?: number;
  /** What the caller's `fetch` said to wait for. */
  readonly until?: PromiseLike<unknown>;
}

/** The reconnection time and where it comes from. */
export interface Timing {
  /** In milliseconds. */
  readonly reconnectionTime: number;
  /** Whether a `retry` field has set it. */
  readonly isFromServer: boolean;
}

/** In milliseconds: `retry: 0` must not become a hot loop. */
const LEAST_FROM_SERVER = 100;

/** In milliseconds: the first backoff, however short the reconnection time is. */
const FIRST_BACKOFF = 1000;

/** In milliseconds: clients of a restarted server spread over this, even after a healthy connection. */
const SPREAD = 400;

/** In milliseconds: no server may silence its clients for good. */
const MOST_FROM_SERVER = 86_400_000;

/** In milliseconds. A `Retry-After` beyond is a mistake, such as the time of day in seconds. */
const YEAR = 365 * 86_400_000;

/**
 * In milliseconds, what the response asks for: seconds, or a date, which counts from the server's own `Date`, whose clock
 * may be wrong. Of several values the first counts. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function readRetryAfter(response: Response | undefined, now: number): number {
  const read = (name: string) => response?.headers.get(name) ?? '';
  // A date has a comma of its own after the day's name. The form that ends with the year does not say that its zone is GMT.
  const value = read('Retry-After')
    .replace(/^(\D+,)?([^,]*).*/, '$1$2')
    .replace(/ \d{4}$/, '$& GMT');
  const wait = /^\d+ *$/.test(value) ? +value * 1000 : Date.parse(value) - (Date.parse(read('Date')) || now);
  return wait < YEAR ? wait : 0;
}

/**
 * Computes the wait before the next attempt: never less than the reconnection time, of which a server may ask for a day at
 * most, or `Retry-After`.
 *
 * @param answer - what `shouldReconnect` said: a number is the whole wait, in milliseconds.
 */
export function computeWait(
  maxBackoff: number,
  { error, failures }: Failure,
  { reconnectionTime, isFromServer }: Timing,
  answer: true | number,
  now: number,
  random: number,
): Wait {
  const time = isFromServer
    ? Math.min(Math.max(reconnectionTime, LEAST_FROM_SERVER), MOST_FROM_SERVER)
    : reconnectionTime;
  const least = Math.max(time, readRetryAfter(error.response, now));
  // T12: added to the reconnection time, so that it is never undercut
  const extra = failures
    ? (Math.min(maxBackoff, Math.max(time, FIRST_BACKOFF) * 2 ** (failures - 1)) * (1 + random)) / 2
    : Math.max(time / 10, Math.min(time, SPREAD)) * random;
  return { least, total: Math.ceil(Math.max(least, answer === true ? time + extra : +answer || 0)) };
}

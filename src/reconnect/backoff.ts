import type { Failure } from '../types/options.js';

/** How long to wait, in milliseconds. */
export interface Wait {
  /** Even an `online` event does not shorten this part. */
  readonly least: number;
  readonly total: number;
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

/** In milliseconds, what the response asks for: seconds, or a date. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function readRetryAfter(response: Response | undefined, now: number): number {
  const value = response?.headers.get('Retry-After') ?? '';
  if (/^\d+$/.test(value)) return +value * 1000;
  // The form that ends with the year does not say that its zone is GMT.
  return Date.parse(value.replace(/ \d{4}$/, '$& GMT')) - now || 0;
}

/**
 * Computes the wait before the next attempt: never less than the reconnection time or `Retry-After`.
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
  const time = Math.max(reconnectionTime, isFromServer ? LEAST_FROM_SERVER : 0);
  const least = Math.max(time, readRetryAfter(error.response, now));
  // T12: added to the reconnection time, so that it is never undercut
  const extra = failures
    ? (Math.min(maxBackoff, Math.max(time, FIRST_BACKOFF) * 2 ** (failures - 1)) * (1 + random)) / 2
    : Math.max(time / 10, Math.min(time, SPREAD)) * random;
  return { least, total: Math.ceil(Math.max(least, answer === true ? time + extra : +answer || 0)) };
}

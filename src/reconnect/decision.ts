import { FetchEventSourceError, type FetchEventSourceErrorCode } from '../errors/error.js';
import { isPermanent } from '../errors/permanent.js';
import type { Failure, ReconnectOptions } from '../types/options.js';
import { computeWait, type Timing, type Wait } from './backoff.js';

/** The members of the `reconnect` option with their defaults. */
export type PolicyOptions = {
  readonly [Name in keyof ReconnectOptions]-?: NonNullable<ReconnectOptions[Name]>;
};

/** When to connect again, and when not. */
export interface Policy extends PolicyOptions {
  /** The `reconnect` option as a boolean; `undefined` leaves it to the method. */
  readonly isWanted: boolean | undefined;
  /** Whether the request may be repeated without harm. */
  readonly isIdempotent: boolean;
}

/** What follows an ended attempt: another one after a wait, or the end of the source. */
export type Decision = { readonly wait: Wait } | { readonly error: FetchEventSourceError };

/** Codes of interruptions that neither side wanted. */
const BREAKS: readonly FetchEventSourceErrorCode[] = ['network', 'connect-timeout', 'idle-timeout'];

/** Codes after which another attempt may succeed. Refused responses are judged by their status. */
const TRANSIENT: readonly FetchEventSourceErrorCode[] = [...BREAKS, 'end-of-stream', 'headers', 'body'];

/** When another attempt is worth it, if the caller's `fetch` or its stream said so in its error. */
export function findUntil({ cause }: FetchEventSourceError): PromiseLike<unknown> | undefined {
  const { until } = Object(cause);
  return until?.then && until;
}

/**
 * Decides what follows an ended attempt.
 *
 * @param now - the time in milliseconds since the epoch.
 * @param random - above 0, at most 1.
 */
export async function decide(
  policy: Policy,
  failure: Failure,
  timing: Timing,
  now: number = Date.now(),
  random: number = 1 - Math.random(),
): Promise<Decision> {
  const { error, failures } = failure;
  const { shouldReconnect } = policy;
  // A `fetch` that knows this asks no policy: what it sent may have been accepted, and must not be sent again.
  if (error.code === 'not-resumable') return { error };
  try {
    const answer = (await shouldReconnect(failure)) ?? isRetried(policy, error);
    if (answer === false || failures >= policy.maxFailures) return { error: toFinalError(policy, error) };
    const until = findUntil(error);
    if (until) return { wait: { least: 0, until } };
    return { wait: computeWait(policy.maxBackoff, failure, timing, answer, now, random) };
  } catch (cause) {
    const { code, response } = error;
    return { error: new FetchEventSourceError(code, 'shouldReconnect() failed', cause, response) };
  }
}

/** Whether to reconnect if `shouldReconnect` does not say. */
function isRetried({ isWanted, isIdempotent, statuses }: Policy, error: FetchEventSourceError): boolean {
  const { code, response } = error;
  if (isPermanent(error)) return false;
  if (response) return !!isWanted && statuses.includes(response.status);
  return (isWanted ?? isIdempotent) && TRANSIENT.includes(code);
}

/** The error to fail with: after a break `not-resumable`, if only the method prevents another attempt. */
function toFinalError(
  { isWanted, isIdempotent }: Policy,
  error: FetchEventSourceError,
): FetchEventSourceError {
  const isRepeatable = BREAKS.includes(error.code) && !isPermanent(error);
  return isWanted === undefined && !isIdempotent && isRepeatable
    ? new FetchEventSourceError('not-resumable', 'Not repeated, pass reconnect: true', error)
    : error;
}

import type { Wait } from './delay.js';
import { FetchEventSourceError } from './errors.js';
import type { Source } from './options.js';
import type { Failure } from './types.js';

/** Methods that may be repeated without harm. */
const IDEMPOTENT = /^(GET|PUT|DELETE|OPTIONS|QUERY|REPORT|PROPFIND|SEARCH)$/i;

/** Ends that say nothing against asking again. */
const INTERRUPTION = /^(network|end-of-stream|headers|body)$/;

/**
 * Decides what follows an ended attempt: a wait before the next one, or the error to fail with.
 *
 * @param random - above 0, at most 1; a parameter, as is `now`, for the sake of exact tests.
 * @param now - in milliseconds of the epoch.
 */
export async function decide(
  source: Source,
  failure: Failure,
  random: number = 1 - Math.random(),
  now: number = Date.now(),
): Promise<Wait | FetchEventSourceError> {
  const { leastWait, maxBackoff, method, reconnect, url } = source;
  const { error, failures } = failure;
  const { code, response, status } = error;
  const isPersistent = reconnect ?? IDEMPOTENT.test(method);
  let answer: boolean | number;
  try {
    answer =
      (await source.shouldReconnect(failure)) ??
      (status
        ? !!reconnect && source.statuses.includes(status)
        : isPersistent && INTERRUPTION.test(code) && isLoadable(source));
  } catch (cause) {
    return new FetchEventSourceError(code, 'shouldReconnect() failed', cause, response);
  }
  if (answer === false || failures >= source.maxFailures) {
    return code === 'network' && !isPersistent && reconnect === undefined
      ? new FetchEventSourceError('not-resumable', 'Not repeated, pass reconnect: true', error)
      : error;
  }
  // Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
  const retryAfter = response?.headers.get('Retry-After') ?? '';
  const least = Math.max(leastWait, Number(retryAfter) * 1000 || Date.parse(retryAfter) - now || 0);
  const extra = failures
    ? (Math.min(maxBackoff, Math.max(leastWait, 1000) * 2 ** (failures - 1)) * (1 + random)) / 2
    : // Some spread even after a healthy connection: the clients of a restarted server must not return all at once.
      Math.max(leastWait / 10, Math.min(leastWait, 400)) * random;
  return [least, Math.ceil(Math.max(least, answer === true ? leastWait + extra : answer))];
}

/** rule 53: only http(s), data, blob and the page's own scheme, unless it is a caller's fetch. */
function isLoadable({ fetch, url: { protocol } }: Source): boolean {
  return true;
}

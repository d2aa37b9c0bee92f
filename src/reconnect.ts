import type { Wait } from './delay.js';
import { FetchEventSourceError } from './errors.js';
import type { Source } from './options.js';
import type { Failure } from './types.js';

/**
 * Decides what follows an ended attempt: a wait before the next one, or the error to fail with.
 *
 * @param random - above 0, at most 1; a parameter for the sake of exact tests.
 */
export async function decide(
  source: Source,
  failure: Failure,
  random: number = 1 - Math.random(),
): Promise<Wait | FetchEventSourceError> {
  const { reconnect } = source;
  const { error, failures } = failure;
  const { code, response } = error;
  // By default, only what may be repeated without harm is.
  const isPersistent =
    reconnect ?? /^(GET|PUT|DELETE|OPTIONS|QUERY|REPORT|PROPFIND|SEARCH)$/i.test(source.method);
  let answer: boolean | number;
  try {
    answer =
      (await source.shouldReconnect(failure)) ??
      (response
        ? !!reconnect && source.statuses.includes(response.status)
        : isPersistent && !/aborted|large/.test(code));
  } catch (cause) {
    return new FetchEventSourceError(code, 'shouldReconnect() failed', cause, response);
  }
  if (answer === false || failures >= source.maxFailures) {
    return /network|timeout/.test(code) && !isPersistent && reconnect === undefined
      ? new FetchEventSourceError('not-resumable', 'Not repeated, pass reconnect: true', error)
      : error;
  }
  const time = Math.max(source.reconnectionTime, source.leastWait ?? 0);
  // Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
  const retryAfter = response?.headers.get('Retry-After') ?? '';
  // The form that ends with the year does not say that it is of this zone.
  const date = retryAfter.replace(/ \d{4}$/, '$& GMT');
  const asked = /^\d+$/.test(retryAfter) ? +retryAfter * 1000 : Date.parse(date) - Date.now();
  const least = Math.max(time, asked || 0);
  const extra = failures
    ? (Math.min(source.maxBackoff, Math.max(time, 1000) * 2 ** (failures - 1)) * (1 + random)) / 2
    : // Some spread even after a healthy connection: the clients of a restarted server must not return all at once.
      Math.max(time / 10, Math.min(time, 400)) * random;
  return [least, Math.ceil(Math.max(least, answer === true ? time + extra : +answer || 0))];
}

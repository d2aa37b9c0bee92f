import { FetchEventSourceError, type FetchEventSourceErrorCode } from '../errors/error.js';
import { LONGEST_TIMER } from '../reconnect/delay.js';

export { unlessAborted } from '../http/unless-aborted.js';

/**
 * Settles like the promise, or rejects after the limit, in milliseconds. 0 is no limit, and so is more than timers can
 * count (24 days).
 */
export function within<T>(limit: number, code: FetchEventSourceErrorCode, promise: Promise<T>): Promise<T> {
  if (!limit || limit > LONGEST_TIMER) return promise;
  return new Promise((resolve, reject) => {
    const expire = () => reject(new FetchEventSourceError(code, `Nothing came for ${limit} ms`));
    // Wait one more turn: a busy event loop may not have processed what has arrived.
    let timer = setTimeout(() => {
      timer = setTimeout(expire);
    }, limit);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

import { FetchEventSourceError, type FetchEventSourceErrorCode } from '../errors/error.js';
import { LONGEST_TIMER } from '../reconnect/delay.js';

/** The promise, or a rejection with the signal's reason if it is aborted first. Then `release` gets what comes too late. */
export function unlessAborted<T>(
  signal: AbortSignal,
  promise: Promise<T>,
  release: (late: unknown) => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      promise.then(release, (error) => release(error?.response));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    // T16: the signal may outlive the promise
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/**
 * The promise, or a rejection when it takes longer than the limit, in milliseconds. 0 is no limit, and so is more than
 * timers can count (24 days).
 */
export function within<T>(limit: number, code: FetchEventSourceErrorCode, promise: Promise<T>): Promise<T> {
  if (!limit || limit > LONGEST_TIMER) return promise;
  return new Promise((resolve, reject) => {
    const expire = () => reject(new FetchEventSourceError(code, `Nothing came for ${limit} ms`));
    // One more turn of the event loop: if the loop was busy, something may have come meanwhile.
    let timer = setTimeout(() => {
      timer = setTimeout(expire);
    }, limit);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

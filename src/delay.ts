import { FetchEventSourceError, type FetchEventSourceErrorCode } from './errors.js';

// T7: beyond this, timers fire at once
const LONGEST = 2 ** 31 - 1;

/** How long to wait, in milliseconds: what nothing cuts short, and all. */
export type Wait = readonly [least: number, total: number];

/** Waits for one task at least, or until the signal is aborted. When a browser is online again, for `least` only. */
export function delay([least, total]: Wait, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const start = performance.now();
    let end = start + total;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const check = (event?: Event) => {
      clearTimeout(timer);
      if (event) end = start + least;
      // A timer may be early: Node counts from the start of the event loop's turn.
      const left = end - performance.now();
      if (left > 0 && !signal.aborted) {
        timer = setTimeout(check, Math.min(left, LONGEST));
      } else {
        globalThis.removeEventListener?.('online', check);
        // T16: the signal may outlive many a wait
        signal.removeEventListener('abort', check);
        resolve();
      }
    };
    // Only browsers tell; Node has no such method.
    globalThis.addEventListener?.('online', check);
    signal.addEventListener('abort', check);
    timer = setTimeout(check);
  });
}

/**
 * The promise, or a rejection if it takes longer than so many milliseconds. No limit is 0, or more than timers can do
 * (24 days).
 */
export function within<T>(limit: number, code: FetchEventSourceErrorCode, promise: Promise<T>): Promise<T> {
  if (!limit || limit > LONGEST) return promise;
  return new Promise((resolve, reject) => {
    const expire = () => reject(new FetchEventSourceError(code, `Nothing came for ${limit} ms`));
    // One more turn of the event loop: if that was busy, there may be something now.
    let timer = setTimeout(() => {
      timer = setTimeout(expire);
    }, limit);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The longest time that a timer can be set to, in milliseconds; one beyond it fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** How long to wait, in milliseconds: what nothing cuts short, and all. */
export type Wait = readonly [least: number, total: number];

/** Waits for one task at least, or until the signal is aborted. When a browser is online again, for `least` only. */
export function delay([least, total]: Wait, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const start = performance.now();
    let end = start + Math.max(total, 1);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const check = (event?: Event) => {
      clearTimeout(timer);
      if (event) end = start + least;
      // A timer may be early: Node counts from the start of the event loop's turn.
      const left = end - performance.now();
      if (left > 0 && !signal.aborted) {
        timer = setTimeout(check, Math.min(left, LONGEST_TIMER));
      } else {
        globalThis.removeEventListener?.('online', check);
        resolve();
      }
    };
    // Only browsers tell; Node has no such method.
    globalThis.addEventListener?.('online', check);
    signal.addEventListener('abort', check);
    check();
  });
}

/** Settles as `value` does, or rejects with the signal's reason as soon as that is aborted. */
export function abortable<T>(value: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
  return Promise.race([value, aborted]);
}

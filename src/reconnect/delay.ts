import type { Wait } from './backoff.js';

/** In milliseconds. T7: timers beyond this fire at once. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;

/** Waits at least one task. An abort ends the wait; an `online` event in a browser shortens it to `least`. */
export function delay({ least, total }: Wait, signal: AbortSignal): Promise<void> {
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
        timer = setTimeout(check, Math.min(left, LONGEST_TIMER));
      } else {
        globalThis.removeEventListener?.('online', check);
        // T16: the signal may outlive many waits
        signal.removeEventListener('abort', check);
        resolve();
      }
    };
    // Only browsers fire `online`; Node has no such method.
    globalThis.addEventListener?.('online', check);
    signal.addEventListener('abort', check);
    timer = setTimeout(check);
  });
}

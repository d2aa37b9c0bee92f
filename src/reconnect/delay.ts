import type { Wait } from './backoff.js';

/** In milliseconds. T7: timers beyond this fire at once. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;

/** In milliseconds: how early a timer may fire. Node counts from the start of the event loop's turn. */
const EARLY = 5;

/** In milliseconds, by a clock that is never set back where there is one. */
export const now = (): number => (globalThis.performance ?? Date).now();

/**
 * Waits at least one task, also after `until`, because a `fetch` may say that of what is past. An abort ends the wait; an `online` event, which only browsers fire, shortens it to `least`.
 *
 * A timer that fired has fired, whatever the clock says: programs under test may replace only one of them.
 */
export function delay({ least, total = Infinity, until }: Wait, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const start = now();
    let timer: ReturnType<typeof setTimeout>;
    const finish = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', shorten);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const sleep = (left: number, wake: () => void) => {
      clearTimeout(timer);
      const slice = Math.min(left, LONGEST_TIMER);
      timer = setTimeout(left > slice ? () => sleep(left - slice, wake) : wake, slice);
    };
    const sleepFully = (time: number) => {
      const end = now() + time;
      sleep(time, () => {
        const early = end - now();
        if (early > 0 && early < EARLY) sleep(early, finish);
        else finish();
      });
    };
    const shorten = () => sleepFully(Math.max(0, start + least - now()));
    if (until) until.then(shorten, shorten);
    else globalThis.addEventListener?.('online', shorten);
    signal.addEventListener('abort', finish);
    sleepFully(signal.aborted ? 0 : total);
  });
}

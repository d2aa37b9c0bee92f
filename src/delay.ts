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
        // T7: beyond this, timers fire at once
        timer = setTimeout(check, Math.min(left, 2 ** 31 - 1));
      } else {
        globalThis.removeEventListener?.('online', check);
        resolve();
      }
    };
    // Only browsers tell; Node has no such method.
    globalThis.addEventListener?.('online', check);
    signal.addEventListener('abort', check);
    timer = setTimeout(check);
  });
}

/** When a page may have been hidden, shown or frozen, left or entered, or is online again. */
const EVENTS = ['visibilitychange', 'pagehide', 'pageshow', 'resume', 'online'];

/** In a page, whether nobody sees it. Elsewhere somebody does. */
export const isHidden = (): boolean => globalThis.document?.visibilityState === 'hidden';

/** Listens to what happens to the page; in workers, to `online` alone, and in Node to nothing. Returns how to stop. */
export function listen(listener: (event: Event) => void): () => void {
  // Capturing, a window also sees what is fired at its document.
  for (const type of EVENTS) globalThis.addEventListener?.(type, listener, true);
  return () => {
    for (const type of EVENTS) globalThis.removeEventListener?.(type, listener, true);
  };
}

/** Resolves when something has happened to the page and it is visible. */
export const untilShown = (): Promise<void> =>
  new Promise((resolve) => {
    const leave = listen(() => {
      if (isHidden()) return;
      leave();
      resolve();
    });
  });

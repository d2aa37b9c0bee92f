// `any` for `this`: the DOM declares these attributes with its own `EventSource` there, and ours must be assignable
// to it, with the DOM library or without.
/** What `onopen` and its like take: a function, or `null`. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type EventHandler<E extends Event> = ((this: any, event: E) => unknown) | null;

/** Calls the caller's code. What it throws is the platform's business, as of any listener (T19). */
export function invoke(callback: () => unknown): void {
  try {
    callback();
  } catch (exception) {
    queueMicrotask(() => {
      throw exception;
    });
  }
}

/** For promises whose outcome nobody needs, and as the default of optional callbacks. */
export function ignore(): void {}

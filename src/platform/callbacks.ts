/** Calls the caller's code. The platform reports an exception, as it does for any listener (T19). */
export function invoke<Args extends unknown[]>(callback: (...args: Args) => unknown, ...args: Args): void {
  try {
    callback(...args);
  } catch (exception) {
    (globalThis.queueMicrotask ?? setTimeout)(() => {
      throw exception;
    });
  }
}

/** Calls the caller's code. The platform reports an exception, as it does for any listener (T19). */
export function invoke(callback: () => unknown): void {
  try {
    callback();
  } catch (exception) {
    (globalThis.queueMicrotask ?? setTimeout)(() => {
      throw exception;
    });
  }
}

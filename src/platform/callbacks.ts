/** Calls the caller's code. An exception is the platform's business, as that of any listener is (T19). */
export function invoke(callback: () => unknown): void {
  try {
    callback();
  } catch (exception) {
    queueMicrotask(() => {
      throw exception;
    });
  }
}

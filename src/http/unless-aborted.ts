/**
 * Settles like the promise, or rejects with the signal's reason if that is aborted first. A late result goes to
 * `release`.
 */
export function unlessAborted<T>(
  signal: AbortSignal,
  promise: Promise<T>,
  release: (late: unknown) => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      promise.then(release, (error) => release(error?.response));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    // T16: the signal may outlive the promise
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

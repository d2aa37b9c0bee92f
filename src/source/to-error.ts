import { FetchEventSourceError } from '../errors/error.js';

/** What an attempt rejected with, as one of our errors. */
export function toError(cause: unknown): FetchEventSourceError {
  if (cause instanceof FetchEventSourceError) return cause;
  // T2: by its name, because an AbortError may come from another realm
  const isAborted = (cause as Error | undefined)?.name === 'AbortError';
  // Node's fetch has the system's error as its cause. Only the code of that, because its text may hold secrets.
  const code = String((cause as { cause?: { code?: unknown } } | undefined)?.cause?.code);
  const message = `Connection failed${/^[A-Z][A-Z\d_]+$/.test(code) ? ` (${code})` : ''}`;
  return new FetchEventSourceError(isAborted ? 'aborted' : 'network', message, cause);
}

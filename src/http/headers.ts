/** Copies the headers. Replaces the platform's error, which may quote a value. */
export function readHeaders(headers: unknown): Headers {
  try {
    return new Headers(headers as HeadersInit);
  } catch {
    throw new TypeError('headers: illegal header');
  }
}

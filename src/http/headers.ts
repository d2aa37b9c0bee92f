/** Request headers as the caller gave them, copied. The platform's own error might show a value. */
export function readHeaders(headers: unknown): Headers {
  try {
    return new Headers(headers as HeadersInit);
  } catch {
    throw new TypeError('headers: illegal header');
  }
}

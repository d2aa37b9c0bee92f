/** A `DOMException`, or an `Error` with its name where there is none, as in React Native. */
export function createDOMException(message: string, name: 'AbortError' | 'SyntaxError'): Error {
  return globalThis.DOMException
    ? new DOMException(message, name)
    : Object.assign(new Error(message), { name });
}

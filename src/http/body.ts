/** Whether a body can be read only once, and so cannot be sent again. */
export const isStream = (body: unknown): boolean =>
  'getReader' in Object(body) || Symbol.asyncIterator in Object(body);

/** Returns the body. Throws for an object of which `fetch` would send only the name, as `[object Object]`. */
export function readBody(body: unknown): RequestInit['body'] {
  const isNamed = Array.isArray(body) || !('toString' in Object(body)) || /^\[object [OM]/.test(`${body}`);
  if (typeof body !== 'object' || isStream(body) || !isNamed) return body as BodyInit;
  throw new TypeError('body: use JSON.stringify()');
}

/** Whether a body can be read only once, and so cannot be sent again. */
export const isStream = (body: unknown): boolean =>
  'getReader' in Object(body) || Symbol.asyncIterator in Object(body);

/** What the platform calls a body that it makes text of. A Blob's own type is in lower case. */
const TEXT = 'text/plain;charset=UTF-8';

/** Whether the platform sends the content of an object, not a text such as `[object Object]` in its place. */
function isSent(body: object): boolean {
  try {
    const type = new Request('http://a', { method: 'POST', body: body as BodyInit }).headers.get(
      'Content-Type',
    );
    if (type) return type !== TEXT;
    // Bytes, a Blob, and React Native's FormData have no type. Bun gives none to text, Deno none to what it iterates.
    return 'byteLength' in body || ('size' in body && 'slice' in body) || body instanceof FormData;
  } catch {
    return false;
  }
}

/** Returns the body. Throws for an object of which `fetch` would send only the name. */
export function readBody(body: unknown): RequestInit['body'] {
  if (!body || typeof body !== 'object' || isStream(body) || isSent(body)) return body as BodyInit;
  throw new TypeError('body: use JSON.stringify()');
}

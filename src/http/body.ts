/** Whether a body can be read only once, and so cannot be sent again. */
export const isStream = (body: unknown): boolean =>
  'getReader' in Object(body) || Symbol.asyncIterator in Object(body);

/** What the platform calls a body that it makes text of. A Blob's own type is in lower case. */
const TEXT = 'text/plain;charset=UTF-8';

/** Whether the platform sends the content of an object, not a text such as `[object Object]` in its place. */
function isSent(body: unknown): boolean {
  try {
    return new Response(body as BodyInit).headers.get('Content-Type') !== TEXT;
  } catch {
    return false;
  }
}

/** Returns the body. Throws for an object of which `fetch` would send only the name. */
export function readBody(body: unknown): RequestInit['body'] {
  if (typeof body !== 'object' || isStream(body) || isSent(body)) return body as BodyInit;
  throw new TypeError('body: use JSON.stringify()');
}

/**
 * Whether this is a browser, whose `fetch` follows redirects under the rules of CORS and shows none of them to a
 * script. A browser's own `Request` drops headers that pages may not set. Programs that pretend to be a page fake
 * `navigator` and `document`, not this.
 */
export function isBrowser(): boolean {
  try {
    const { headers } = new Request('http://localhost', { headers: { Host: 'localhost' } });
    // happy-dom's class drops them as well, but its `fetch` is no browser's.
    return !headers.has('Host') && /native code/.test(`${headers.has}`);
  } catch {
    return false;
  }
}

import { FetchEventSourceError } from '../errors/error.js';
import { locate, show } from '../errors/text.js';
import { isStream } from './body.js';
import type { Init } from './call-fetch.js';
import { discard } from './discard.js';

/** As in the Fetch Standard. */
const MAX_REDIRECTS = 20;

const STATUSES: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Sends a request and follows its redirects, for platforms whose own `fetch` would take the caller's headers and body to
 * any origin that it is redirected to.
 *
 * @param isPlatformFetch - whether `call` is the platform's fetch, which adds no secrets of its own.
 * @throws FetchEventSourceError `redirect`
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export async function followRedirects(
  call: (url: string, init: Init) => Promise<Response>,
  url: string,
  init: Init,
  isPlatformFetch: boolean,
): Promise<Response> {
  let target = url;
  let request: Init = { ...init, redirect: 'manual' };
  for (let redirects = 0; ; redirects++) {
    const response = await call(target, request);
    // T23: a caller's fetch may ignore the signal. After an abort nobody waits for the response.
    const location = init.signal?.aborted ? null : response.headers.get('Location');
    if (location === null || !STATUSES.includes(response.status)) {
      // A replaced fetch may not say where a response comes from.
      return response.url ? response : Object.defineProperty(response, 'url', { value: target });
    }
    const from = new URL(target);
    const to = readLocation(location, from);
    request = rewrite(request, response.status, from.origin === to?.origin);
    const objection =
      redirects < MAX_REDIRECTS ? findObjection(from, to, request, isPlatformFetch) : 'too many of them';
    if (objection) {
      const message = `Redirect not followed from ${locate(target)}: ${objection}`;
      throw new FetchEventSourceError('redirect', message, undefined, response);
    }
    discard(response);
    target = `${to}`;
  }
}

/** The target, or `undefined` if Location is not a URL. */
function readLocation(location: string, base: URL): URL | undefined {
  try {
    return new URL(fromBytes(location), base);
  } catch {
    return undefined;
  }
}

/** Headers hold one character per byte; the bytes are usually UTF-8. */
function fromBytes(value: string): string {
  try {
    return decodeURIComponent(escape(value));
  } catch {
    return value;
  }
}

/**
 * The request for the target of the redirect. Security boundary (SECURITY.md, docs/decisions/0003): another origin gets
 * `Accept` and `Last-Event-ID`, whoever set them, and nothing else. Changing that takes a decision.
 */
function rewrite(request: Init, status: number, isSameOrigin: boolean): Init {
  const { method = 'GET', body = null } = request;
  const becomesGet = status === 303 ? !/^get$/i.test(method) : status < 303 && /^post$/i.test(method);
  const headers = new Headers(request.headers);
  for (const name of [...headers.keys()]) {
    const isForbidden = !isSameOrigin && !/^(accept|last-event-id)$/.test(name);
    if (isForbidden || (becomesGet && /^content-/.test(name))) headers.delete(name);
  }
  return { ...request, headers, ...(becomesGet ? { method: 'GET', body: null } : { body }) };
}

/** Why not to follow, or `undefined`. */
function findObjection(
  from: URL,
  to: URL | undefined,
  { body }: Init,
  isPlatformFetch: boolean,
): string | undefined {
  if (!to) return 'its Location is no URL';
  if (!/^https?:$/.test(to.protocol)) return `to ${show(to.protocol)}`;
  if (/^https:http:$/.test(from.protocol + to.protocol)) return 'from https: to http:';
  if (to.username + to.password) return 'its Location has a user or password';
  if (from.origin !== to.origin) return findSecret(to, body, isPlatformFetch);
  return isStream(body) ? 'a stream cannot be sent twice' : undefined;
}

/** Why another origin must not get this request, or `undefined`. */
function findSecret(to: URL, body: Init['body'], isPlatformFetch: boolean): string | undefined {
  const origin = show(to.origin);
  if (!isPlatformFetch)
    return `your fetch may add what is not for ${origin}; pass redirect: 'follow' to leave redirects to it`;
  return body == null ? undefined : `the body is not for ${origin}; pass redirect: 'follow' if it is`;
}

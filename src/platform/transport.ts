import { callFetch, type Init } from '../http/call-fetch.js';
import { isMadeOf, mark } from '../http/mark.js';
import { followRedirects } from '../http/redirects.js';
import type { Transport } from './contract.js';
import { isBrowser } from './is-browser.js';
import { adapt } from './request-init.js';
import { waitPatiently } from './undici.js';

/** Cached per class: tests replace the global, and probing creates a request. */
let probed: [request: typeof Request, isBrowser: boolean] | undefined;

function isInBrowser(): boolean {
  const { Request } = globalThis;
  if (probed?.[0] !== Request) probed = [Request, isBrowser()];
  return probed[1];
}

/** Cookie jars append to what they get, at each redirect that they follow. A request has one `Cookie`: the last. */
function keepOneCookie(headers: Headers): void {
  const append = (name: string, value: string) =>
    Headers.prototype[/^cookie$/i.test(name) ? 'set' : 'append'].call(headers, name, value);
  Object.defineProperty(headers, 'append', { value: append, configurable: true });
}

/**
 * Follows redirects itself outside browsers. A caller's `fetch` follows its own if the request has no secrets: we
 * cannot see what it adds, and it would add it again at each hop. One that ends in our transport leaves them to that,
 * which is told here how patient to be.
 */
export const send: Transport['send'] = async ({ fetch, connectTimeout }, { url, init, hasSecrets }) => {
  if (isInBrowser()) return callFetch(fetch, url, init);
  const endsInOurs = isMadeOf(fetch, 'transport');
  if (!fetch || endsInOurs) waitPatiently(init, connectTimeout);
  const call = (target: string, request: Init) => callFetch(fetch, target, adapt(request), keepOneCookie);
  if (init.redirect || endsInOurs) return call(url, init);
  return fetch && !hasSecrets
    ? call(url, { ...init, redirect: 'follow' })
    : followRedirects(call, url, init, !fetch);
};

export const transport: Transport['transport'] = /* @__PURE__ */ mark(
  (url, init) => send({ fetch: undefined, connectTimeout: 0 }, { url, init: { ...init }, hasSecrets: true }),
  'transport',
);

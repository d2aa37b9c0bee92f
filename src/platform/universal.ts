import { callFetch, type Init } from '../http/call-fetch.js';
import { followRedirects } from '../http/redirects.js';
import type { EventSourceErrorEvent } from '../types/events.js';
import type { Platform } from './contract.js';
import { isBrowser } from './is-browser.js';
import { adapt } from './request-init.js';
import { waitPatiently } from './undici.js';

// The platform of Node, Deno, Bun, Workers, React Native and test environments, and of pages that no bundler has made.

export { dispatch } from './dispatch.js';
export { createDOMException } from './dom-exception.js';
export { createMessageEvent } from './message-event.js';
export { onAbort } from './on-abort.js';
export { isRefused } from './request-init.js';

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
 * cannot see what it adds, and it would add it again at each hop.
 */
export const send: Platform['send'] = async ({ fetch, connectTimeout }, { url, init, hasSecrets }) => {
  if (isInBrowser()) return callFetch(fetch, url, init);
  if (!fetch) waitPatiently(init, connectTimeout);
  const call = (target: string, request: Init) => callFetch(fetch, target, adapt(request), keepOneCookie);
  if (init.redirect) return call(url, init);
  return fetch && !hasSecrets
    ? call(url, { ...init, redirect: 'follow' })
    : followRedirects(call, url, init, !fetch);
};

/** Node's console hides an event's own members. */
function inspect(
  this: EventSourceErrorEvent,
  _depth: number,
  options: object,
  show: (...args: object[]) => string,
): string {
  const { type, message, status, reconnectIn } = this;
  return `Event ${show({ type, message, status, reconnectIn }, options)}`;
}

export const createErrorEvent: Platform['createErrorEvent'] = (extras) => {
  const event = Object.assign(new Event('error'), extras);
  return Object.defineProperty(event, Symbol.for('nodejs.util.inspect.custom'), { value: inspect });
};

/** setImmediate() is faster than a timer, but not every runtime has it. */
export const yieldToOthers: Platform['yieldToOthers'] = () =>
  new Promise((resolve) => void (globalThis.setImmediate ?? setTimeout)(resolve));

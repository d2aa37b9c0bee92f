import { callFetch, type Init } from '../http/call-fetch.js';
import { followRedirects } from '../http/redirects.js';
import type { EventSourceErrorEvent } from '../types/events.js';
import type { Platform } from './contract.js';
import { isBrowser } from './is-browser.js';
import { adapt } from './request-init.js';
import { waitPatiently } from './undici.js';

// The platform of Node, Deno, Bun, Workers, React Native and test environments, and of pages that no bundler has made.

export { dispatch } from './dispatch.js';
export { createMessageEvent } from './message-event.js';
export { isRefused } from './request-init.js';

/** Found out once for each class: test environments replace the global. To make a request for it costs garbage. */
let probed: [request: typeof Request, isBrowser: boolean] | undefined;

function isInBrowser(): boolean {
  const { Request } = globalThis;
  if (probed?.[0] !== Request) probed = [Request, isBrowser()];
  return probed[1];
}

/**
 * Follows redirects itself where that is not a browser's business. A caller's `fetch` follows them if the request has no
 * secrets: what that `fetch` adds is known to it alone, and it would add it again for each hop of ours.
 */
export const send: Platform['send'] = async ({ fetch, connectTimeout }, { url, init, hasSecrets }) => {
  if (isInBrowser()) return callFetch(fetch, url, init);
  if (!fetch) waitPatiently(init, connectTimeout);
  const call = (target: string, request: Init) => callFetch(fetch, target, adapt(request));
  if (init.redirect) return call(url, init);
  return fetch && !hasSecrets
    ? call(url, { ...init, redirect: 'follow' })
    : followRedirects(call, url, init, !fetch);
};

/** For Node's console, which shows of an event only what all events have. */
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

/** Not every runtime has `setImmediate()`, which waits for no timer. */
export const yieldToOthers: Platform['yieldToOthers'] = () =>
  new Promise((resolve) => void (globalThis.setImmediate ?? setTimeout)(resolve));

import { callFetch } from '../http/call-fetch.js';
import { mark } from '../http/mark.js';
import type { Transport } from './contract.js';
import { isBrowser } from './is-browser.js';

/**
 * Leaves redirects to `fetch`, which follows them under the rules of CORS. A bundler may have put this build where there
 * is no browser. There it follows none, because it cannot keep the caller's headers from another origin.
 */
export const send: Transport['send'] = ({ fetch }, { url, init, hasSecrets }) => {
  const redirect = fetch && !hasSecrets ? 'follow' : 'manual';
  return callFetch(fetch, url, isBrowser() ? init : { redirect, ...init });
};

export const transport: Transport['transport'] = /* @__PURE__ */ mark(
  (url, init) => send({ fetch: undefined, connectTimeout: 0 }, { url, init, hasSecrets: true }),
  'transport',
);

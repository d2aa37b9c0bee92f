import type { Source } from './options.js';
import { callFetch, type Init } from './request.js';
import { isBrowser } from './runtime.js';

/**
 * What the build for browsers has in place of `transport.ts`: it leaves redirects to `fetch`, which follows them under
 * the rules of CORS. A bundler may have picked that build for what is no browser. There, it follows none: it cannot
 * keep the caller's headers from another origin.
 */
export function send(source: Source, url: string, init: Init): Promise<Response> {
  return callFetch(source, url, isBrowser() ? init : { redirect: 'manual', ...init });
}

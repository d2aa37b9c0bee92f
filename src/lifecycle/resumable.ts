import { transport } from '#transport';
import type { Fetch } from '../http/call-fetch.js';
import { mark } from '../http/mark.js';
import { isRepeatable } from '../http/methods.js';
import { Answer } from './answer.js';
import type { ResumableOptions } from './options.js';

/** What `resumable()` makes. */
export interface Resumable extends Fetch {
  /** Forgets the question and its answer, so that the same question can be asked again. Close the source first. */
  forget(): void;
}

/**
 * Makes a `fetch` for an answer that survives lost connections and reloads. The question is sent once. From then on each
 * attempt GETs the rest of the answer, from where the response to the question says that it is (`Location`).
 *
 * If the connection breaks before that is known, nobody knows whether the question has been accepted: the source fails
 * with the code `not-resumable`.
 *
 * @example
 * ```js
 * new FetchEventSource('/ask', { method: 'POST', body, reconnect: true, fetch: resumable({ key: 'chat-42' }) });
 * ```
 * @throws TypeError for an option that cannot work.
 */
export function resumable(options: ResumableOptions): Resumable {
  const { key, fetch = transport } = options;
  if (typeof key !== 'string' || !key) throw new TypeError('key: pass a text');
  if (typeof fetch !== 'function') throw new TypeError('fetch: pass a function');
  const answer = new Answer({ ...options, fetch });
  const call: Fetch = async (url, init) =>
    isRepeatable(init.method ?? 'GET') ? fetch(url, init) : answer.request(url, init);
  return mark(Object.assign(call, { forget: () => answer.forget() }), 'resumable', fetch);
}

import { transport } from '#transport';
import type { Fetch } from '../http/call-fetch.js';
import { discard } from '../http/discard.js';
import { mark } from '../http/mark.js';
import { isRepeatable } from '../http/methods.js';
import { isEventStream, tap } from '../http/tap.js';
import { unlessAborted } from '../http/unless-aborted.js';
import { findObjection, type Patience, watch } from './watch.js';

type Init = Parameters<Fetch>[1];

/** What `whileVisible()` takes. */
export interface WhileVisibleOptions {
  /**
   * How long a page may be hidden before its connection is let go, in milliseconds. `Infinity` keeps it.
   * @defaultValue 60000
   */
  hiddenFor?: number | undefined;
  /**
   * How long a connection may have been silent when the page is shown again, comes online or wakes up, in milliseconds.
   * Longer than the longest silence of a healthy server: its comments count. `Infinity` keeps every connection.
   * @defaultValue 30000
   */
  silentFor?: number | undefined;
  /**
   * Makes the requests: your own function, or that of another helper.
   * @defaultValue what the class does without one
   */
  fetch?: Fetch | undefined;
}

/**
 * Makes a `fetch` for streams that nobody needs while nobody looks. It lets go of its connection when the page has been
 * hidden for long, or enters the back/forward cache, and the source connects again when the page is shown. When the page
 * is shown, comes online or wakes up from sleep (in Node as well), a connection that has been silent for long is ended at
 * once, and the source connects again. The last event ID makes it go on where it was.
 *
 * Requests that are not repeated, such as a POST, are left alone.
 *
 * @example
 * ```js
 * new FetchEventSource(url, { fetch: whileVisible() });
 * ```
 * @throws TypeError for an option that cannot work.
 */
export function whileVisible(options: WhileVisibleOptions = {}): Fetch {
  const { hiddenFor = 60_000, silentFor = 30_000, fetch = transport } = options;
  if (!(hiddenFor >= 0 && silentFor >= 0 && typeof fetch === 'function')) {
    throw new TypeError('hiddenFor, silentFor, fetch');
  }
  const patience = { hiddenFor, silentFor, hiddenSince: 0 };
  const call: Fetch = async (url, init) => {
    if (!isRepeatable(init.method ?? 'GET')) return fetch(url, init);
    const objection = init.signal.aborted ? init.signal.reason : findObjection(patience);
    if (objection) throw objection;
    return connect(fetch, url, init, patience);
  };
  return mark(call, 'whileVisible', fetch);
}

/** Sends a request and watches over its connection. */
async function connect(fetch: Fetch, url: string, init: Init, patience: Patience): Promise<Response> {
  const { signal } = init;
  // Not the caller's: once fetch has rejected, an abort could end a Node process (docs/decisions/0005).
  const controller = new AbortController();
  let fail: (error: unknown) => void = () => {};
  const end = (error: unknown) => {
    state.stop();
    fail(error);
    controller.abort(error);
  };
  const abort = () => end(signal.reason);
  const state = watch(patience, end);
  signal.addEventListener('abort', abort);
  try {
    const sent = (async () => fetch(url, { ...init, signal: controller.signal }))();
    const response = await unlessAborted(controller.signal, sent, discard);
    state.hear(true);
    if (isEventStream(response)) fail = tap(response, state.wait, state.hear);
    else state.stop();
    return response;
  } catch (error) {
    state.stop();
    signal.removeEventListener('abort', abort);
    throw error;
  }
}

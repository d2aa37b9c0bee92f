import { FetchEventSourceError } from './errors.js';
import type { Source } from './options.js';
import { explain } from './platform.js';
import { createRequest } from './request.js';
import { discard } from './response.js';
import { send } from './transport.js';
import type { Attempt } from './types.js';

/**
 * Makes one attempt. Resolves with the accepted response; rejects with a `FetchEventSourceError` if it is refused, or
 * with whatever `fetch` rejects with.
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
 */
export async function connect(source: Source, attempt: Attempt): Promise<Response> {
  const { signal } = attempt;
  const [url, init] = await createRequest(source, attempt);
  signal.throwIfAborted();
  const response = await send(source, url, init);
  // T3: a caller's fetch may ignore the signal
  if (signal.aborted) throw discard(response);
  const { status, body } = response;
  const type = response.headers.get('Content-Type');
  const code =
    // rule 8
    status !== 200
      ? 'http-status'
      : // rule 9
        !/^[\t ]*text\/event-stream[\t ]*(;|$)/i.test(`${type}`)
        ? 'content-type'
        : // T3: null is an empty stream, but React Native has something else here
          body !== null && !body?.getReader && 'no-body';
  if (!code) return response;
  const message = `Expected 200 text/event-stream, got ${status} ${type}${explain(code)}`;
  throw new FetchEventSourceError(code, message, undefined, response);
}

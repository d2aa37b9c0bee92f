import type { Source } from './options.js';
import { createRequest } from './request.js';
import { accept, discard } from './response.js';
import { send } from './transport.js';
import type { Attempt } from './types.js';

/**
 * Makes one attempt. Resolves with the accepted response; rejects with a `FetchEventSourceError` if it is refused, or
 * with whatever `fetch` rejects with.
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
 */
export async function connect(source: Source, attempt: Attempt, signal: AbortSignal): Promise<Response> {
  const [url, init] = await createRequest(source, attempt, signal);
  // Its body may be a stream.
  if (signal.aborted) throw discard(init);
  return accept(await send(source, url, init));
}

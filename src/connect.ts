import { delay } from './delay.js';
import { FetchEventSourceError } from './errors.js';
import { ignore } from './event-handlers.js';
import type { Source } from './options.js';
import { createRequest } from './request.js';
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
  if (signal.aborted) discard(response);
  signal.throwIfAborted();
  const { status, body } = response;
  const type = response.headers.get('Content-Type');
  // rules 8 and 9, T3
  const code =
    status !== 200
      ? 'http-status'
      : !/^[\t ]*text\/event-stream[\t ]*(;|$)/i.test(`${type}`)
        ? 'content-type'
        : body !== null && !body?.getReader && 'no-body';
  if (!code) return response;
  const message = `Expected 200 and a stream of text/event-stream, got ${status} and ${type}`;
  throw new FetchEventSourceError(code, message, undefined, response);
}

async function send(source: Source, url: string, init: RequestInit): Promise<Response> {
  let isBlocked = false;
  const onViolation = ({ blockedURI }: Event & { blockedURI?: string }) => {
    isBlocked ||= blockedURI === url;
  };
  // Only pages and workers of browsers tell; Node has no such method.
  globalThis.addEventListener?.('securitypolicyviolation', onViolation);
  try {
    return await source.fetch(url, init);
  } catch (cause) {
    // rule 55: the report comes just after the failure
    await delay([0, 0], init.signal as AbortSignal);
    throw isBlocked ? new DOMException('Blocked by CSP', 'AbortError') : cause;
  } finally {
    globalThis.removeEventListener?.('securitypolicyviolation', onViolation);
  }
}

/** The error for a fetch that rejected or a stream that broke. */
export function toError(cause: unknown): FetchEventSourceError {
  if (cause instanceof FetchEventSourceError) return cause;
  // T2: by name, for it may come from another realm
  const code = (cause as Error | undefined)?.name === 'AbortError' ? 'aborted' : 'network';
  return new FetchEventSourceError(code, 'Connection failed, broke or was aborted', cause);
}

/** Frees the connection of a response, unless somebody is reading its body. */
export function discard(response: Response | undefined): void {
  response?.body?.cancel().catch(ignore);
}

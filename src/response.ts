import { ignore } from './callbacks.js';
import { FetchEventSourceError } from './errors.js';
import { explain } from './platform.js';

/** Frees what a response or a request has as its body, unless somebody is reading it. */
export function discard(message: Pick<Response, 'body'> | RequestInit | undefined): void {
  (message?.body as ReadableStream | undefined)?.cancel?.()?.catch(ignore);
}

/**
 * The response, if it is an event stream.
 * @throws FetchEventSourceError `http-status`, `content-type` or `no-body`, with the response, whose body is untouched.
 */
export function accept(response: Response): Response {
  const { status, body } = response;
  const type = response.headers.get('Content-Type');
  const code =
    // rule 8
    status !== 200
      ? 'http-status'
      : // rule 9. Of several, the last one counts.
        !/(^|,)[\t ]*text\/event-stream[\t ]*(;([^,"]|"[^"]*")*)?(,[\t ,]*)?$/i.test(type ?? '')
        ? 'content-type'
        : // T3: null is an empty stream, but React Native has something else here
          body !== null && !body?.getReader && 'no-body';
  if (!code) return response;
  const message = `Expected 200 text/event-stream, got ${status} ${type ?? 'without a type'}${explain(code)}`;
  throw new FetchEventSourceError(code, message, undefined, response);
}

import { ignore } from './callbacks.js';
import { FetchEventSourceError } from './errors.js';
import { explain } from './platform.js';

/** Frees what a response or a request, if it is one, has as its body, unless somebody is reading that. */
export function discard(message: unknown): void {
  (message as { body?: ReadableStream } | undefined)?.body?.cancel?.()?.catch(ignore);
}

/** rule 9: parameters do not matter. Of several values, the last one that is a type, and not any, counts. */
function isEventStream(values: string): boolean {
  let type = '';
  // A comma or a semicolon in quotes is none.
  for (const value of values.replace(/"(\\.|[^\\"])*"?/g, '"').split(',')) {
    const [essence = ''] = value.split(';');
    if (/^[\t ]*[^\t /*]+\/[^\t /]+[\t ]*$/.test(essence)) type = essence;
  }
  return /^[\t ]*text\/event-stream[\t ]*$/i.test(type);
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
      : !isEventStream(`${type}`)
        ? 'content-type'
        : // T3: null is an empty stream, but React Native has something else here
          body !== null && !body?.getReader && 'no-body';
  if (!code) return response;
  const message = `Expected 200 text/event-stream, got ${status} ${type ?? 'without a type'}${explain(code)}`;
  throw new FetchEventSourceError(code, message, undefined, response);
}

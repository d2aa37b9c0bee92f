import { FetchEventSourceError, type FetchEventSourceErrorCode } from '../errors/error.js';
import { locate, NODE_REMEDY, show } from '../errors/text.js';

/** rule 9: parameters do not matter, nor commas in their quotes. A proxy that sets the header again makes a list of it. */
const EVENT_STREAM = /^([\t ]*text\/event-stream[\t ]*(;("[^"]*("|$)|[^",])*)?(,|$))+$/i;

/** Why a response is not an event stream, or `undefined`. */
function findFault({ status, body }: Response, type: string | null): FetchEventSourceErrorCode | undefined {
  // rule 8
  if (status !== 200) return 'http-status';
  if (!EVENT_STREAM.test(`${type}`)) return 'content-type';
  // T3: null is an empty stream. React Native's own fetch has something else here.
  return body === null || Object(body).getReader ? undefined : 'no-body';
}

/** What to do about a body that is no stream of the web's: node-fetch has another as the body, axios as data. */
const findRemedy = (response: { body?: unknown; data?: unknown }) =>
  Object(response.body ?? response.data).pipe
    ? NODE_REMEDY
    : '; in React Native pass the fetch of expo/fetch';

/**
 * The response, if it is an event stream.
 *
 * @param url - where it comes from, if it does not say so.
 * @throws FetchEventSourceError `http-status`, `content-type` or `no-body`, with the response, whose body is untouched.
 */
export function accept(response: Response, url = ''): Response {
  const type = response.headers.get('Content-Type');
  const fault = findFault(response, type);
  if (!fault) return response;
  const from = locate(response.url || url);
  const got = `${response.status} ${show(type ?? 'without a type')}${from && ` from ${from}`}`;
  const remedy = fault === 'no-body' ? ` without a stream${findRemedy(response)}` : '';
  const message = `Expected 200 text/event-stream, got ${got}${remedy}`;
  throw new FetchEventSourceError(fault, message, undefined, response);
}

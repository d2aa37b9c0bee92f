import { discard } from '../http/discard.js';
import { setLastEventId } from '../http/last-event-id.js';
import type { Head } from './message.js';
import type { SharedFetch } from './share.js';

/** A call of the shared `fetch`. */
export interface Call {
  readonly url: string;
  readonly init: Parameters<SharedFetch>[1];
  /** Where the last event ID is: the name of a query parameter, or `''` for the header. */
  readonly param: string;
  readonly id: string | undefined;
  readonly isSnapshot: boolean;
}

/** In bytes. */
const LONGEST_BODY = 2 ** 16;

/** What of a response's head others are told. */
const SHOWN = ['Content-Type', 'Retry-After', 'Date'];

/** What is sent for a call that resumes after an ID. */
export function send(
  fetch: SharedFetch,
  call: Call,
  id: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const url = new URL(call.url);
  const headers = new Headers(call.init.headers);
  if (id !== undefined) setLastEventId(url, headers, id, call.param);
  return fetch(url.href, { ...call.init, headers, signal });
}

/** Whether it may be an event stream. Each tab's own class looks more closely. */
export const isEventStream = ({ status, headers, body }: Response): boolean =>
  status === 200 && !!body && /text\/event-stream/i.test(`${headers.get('Content-Type')}`);

export const toHead = ({ url, status, headers }: Response): Head => ({
  url,
  status,
  headers: SHOWN.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  }),
});

/** Reads the beginning of a body that is no event stream. */
export async function readBody(response: Response): Promise<Uint8Array | undefined> {
  const reader = response.body?.getReader();
  let body = new Uint8Array();
  while (reader && body.length < LONGEST_BODY) {
    const { done, value } = await reader.read();
    if (done) break;
    const before = body;
    body = new Uint8Array(before.length + value.length);
    body.set(before);
    body.set(value, before.length);
  }
  reader?.cancel().catch(() => {});
  return body.length ? body.subarray(0, LONGEST_BODY) : undefined;
}

/** The response that a tab gets for one that came to another tab. */
export function toResponse({ url, status, headers }: Head, body: BodyInit | null = null): Response {
  try {
    return Object.defineProperty(new Response(body, { status, headers }), 'url', { value: url });
  } catch {
    // No such response can have come.
    discard({ body });
    return Response.error();
  }
}

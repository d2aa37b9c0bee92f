// Compiles because each line under an expectation is an error.
import { FetchEventSource, FetchEventSourceError, type FetchEventSourceInit } from '../../src/index.js';

const source: FetchEventSource = new FetchEventSource('https://source.test/');

// @ts-expect-error: no URL
new FetchEventSource();
// @ts-expect-error: a number is no URL
new FetchEventSource(5);
// @ts-expect-error: not callable
FetchEventSource('https://source.test/');

// These are not headers either, though their values are strings.
// @ts-expect-error: lastEventId
new FetchEventSource('https://source.test/', { lastEventID: '7' });
// @ts-expect-error: method
new FetchEventSource('https://source.test/', { methd: 'POST' });
// @ts-expect-error: body
new FetchEventSource('https://source.test/', { method: 'POST', bdy: 'hello' });
// @ts-expect-error: milliseconds
new FetchEventSource('https://source.test/', { idleTimeout: '5s' });
// @ts-expect-error: boolean
new FetchEventSource('https://source.test/', { flush: 'yes' });
// @ts-expect-error: it belongs in headers, with that name
new FetchEventSource('https://source.test/', { apikey: 'x' });

export const wrongOptions: FetchEventSourceInit[] = [
  // @ts-expect-error: no such option
  { header: { Authorization: 'Bearer token' } },
  // @ts-expect-error: it belongs in headers
  { method: 'POST', Authorization: 'Bearer token' },
  // @ts-expect-error: it belongs in reconnect
  { reconnectionTime: 1000 },
  // @ts-expect-error: no such member
  { reconnect: { retries: 3 } },
  // @ts-expect-error: milliseconds
  { reconnect: { reconnectionTime: '3s' } },
  // @ts-expect-error: numbers
  { reconnect: { statuses: ['503'] } },
  // @ts-expect-error: neither boolean, number nor undefined
  { reconnect: { shouldReconnect: () => 'yes' } },
  // @ts-expect-error: boolean or details
  { reconnect: 3 },
  // @ts-expect-error: boolean
  { withCredentials: 'yes' },
  // @ts-expect-error: not a credentials mode
  { credentials: 'always' },
  // @ts-expect-error: a string
  { lastEventId: 7 },
  // @ts-expect-error: a string
  { lastEventIdParam: true },
  // @ts-expect-error: a function
  { fetch: 'fetch' },
  // @ts-expect-error: a response, not its text
  { fetch: async () => 'data: hi' },
  // @ts-expect-error: a function
  { onComment: console },
  // @ts-expect-error: a signal, not its controller
  { signal: new AbortController() },
  // @ts-expect-error: a stream can be sent once only: pass a function
  { method: 'POST', body: new ReadableStream() },
  // @ts-expect-error: use JSON.stringify()
  { method: 'POST', body: { prompt: 'hello' } },
  // @ts-expect-error: nor from a function
  { method: 'POST', body: () => ({ prompt: 'hello' }) },
  // @ts-expect-error: no headers
  { headers: () => 5 },
  // @ts-expect-error: the attempt knows no such thing
  { headers: ({ token }) => ({ Authorization: token }) },
  // @ts-expect-error: no event stream can have one
  { integrity: 'sha256-abc' },
];

// @ts-expect-error: a function or null
source.onmessage = 5;
// @ts-expect-error: a function or null
source.onopen = 'open';
// @ts-expect-error: a function or null
source.onerror = undefined;
// @ts-expect-error: data is text
source.onmessage = (event) => event.data.answer;
// @ts-expect-error: only a refused response has one
source.onerror = (event) => event.status.toFixed();
// @ts-expect-error: no such code
source.addEventListener('error', (event) => event.error.code === 'time-out');
// @ts-expect-error: no such extra
source.addEventListener('open', (event) => event.reconnectIn);
// @ts-expect-error: data is text
source.addEventListener('custom', (event) => event.data.answer);
// @ts-expect-error: no listener
source.addEventListener('message', 5);

// @ts-expect-error: read-only
source.url = '';
// @ts-expect-error: read-only
source.readyState = 2;
// @ts-expect-error: read-only
source.withCredentials = true;
// @ts-expect-error: read-only
source.lastEventId = '7';
// @ts-expect-error: read-only
source.reconnectionTime = 1;
// @ts-expect-error: read-only
source.OPEN = 2;
// @ts-expect-error: read-only
FetchEventSource.CLOSED = 1;

// @ts-expect-error: takes nothing
source.close('reason');
// @ts-expect-error: not a stream
FetchEventSource.fromReadableStream('data: a');
// @ts-expect-error: not in the closed union
new FetchEventSourceError('timeout', 'message');

export function read(error: FetchEventSourceError): void {
  // @ts-expect-error: read-only
  error.code = 'network';
  // @ts-expect-error: there may be no response
  error.response.status.toFixed();
}

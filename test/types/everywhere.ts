// Compiles wherever `fetch` has types: with the DOM library, or with @types/node alone.
import {
  type EventSourceErrorEvent,
  type EventSourceMessageEvent,
  FetchEventSource,
  FetchEventSourceError,
  type FetchEventSourceInit,
} from '../../src/index.js';

const init: FetchEventSourceInit = {
  method: 'POST',
  body: JSON.stringify({ prompt: 'hello' }),
  headers: async ({ error }) => ({ Authorization: error?.status === 401 ? 'Bearer new' : 'Bearer token' }),
  reconnect: { maxFailures: 3, shouldReconnect: ({ error }) => error.code === 'network' },
  signal: new AbortController().signal,
  fetch: (input, requestInit) => fetch(input, requestInit),
};

const source: FetchEventSource = new FetchEventSource('https://source.test/', init);
source.onopen = (event) => event.response?.headers.get('Date');
source.onmessage = ({ data, lastEventId }) => data.concat(lastEventId);
source.onmessage = (event: EventSourceMessageEvent) => event.data.length;
source.onerror = ({ error, reconnectIn }) => reconnectIn?.toFixed() ?? error?.code;
source.addEventListener('custom', (event) => event.data.toUpperCase());
source.addEventListener('error', (event: EventSourceErrorEvent) => {
  if (event.error instanceof FetchEventSourceError) event.error.status?.toFixed();
});
source.addEventListener('custom', (event: Event) => event.type);
// @ts-expect-error: data is text, and no `any`, in each of the libraries
source.onmessage = (event) => event.data.answer;
source.dispatchEvent(new Event('custom'));
if (source.readyState !== source.CLOSED) source.close();

// As libraries declare what they call, where the platform's own accepts more.
export const narrow = (url: string | URL, requestInit?: RequestInit): Promise<Response> =>
  fetch(url, requestInit);
new FetchEventSource('https://source.test/', { fetch: narrow }).close();
new FetchEventSource('https://source.test/', { fetch }).close();
new FetchEventSource('https://source.test/', new Headers()).close();
new FetchEventSource('https://source.test/', { Authorization: 'Bearer token' }).close();

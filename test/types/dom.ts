// Compiles where there is the DOM library: the class can replace the native one.
import {
  type Attempt,
  type EventSourceErrorEvent,
  type EventSourceMessageEvent,
  type EventSourceOpenEvent,
  FetchEventSource,
  FetchEventSourceError,
  type FetchEventSourceErrorCode,
  type FetchEventSourceInit,
} from '../../src/index.js';

/** Compiles if both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_Claim extends true>(): void => {};

// T21
export const source: FetchEventSource = new FetchEventSource('https://source.test/') satisfies EventSource;
export const native: EventSource = new FetchEventSource(new URL('https://source.test/'));
export const Native: typeof EventSource = FetchEventSource;
export const target: EventTarget = source;
globalThis.EventSource = FetchEventSource;
export const throughTheNativeType: EventSource = new Native('https://source.test/', {
  withCredentials: true,
});

/** Code for the native class accepts ours. */
function listen(to: EventSource): void {
  to.onopen = function (event) {
    to.close.call(this);
    event.preventDefault();
  };
  to.onmessage = (event: MessageEvent<string>) => event.data.length;
  to.onerror = (event: Event) => event.type;
  to.addEventListener('custom', (event: MessageEvent) => event.lastEventId);
}
listen(source);

holds<Same<typeof source.CONNECTING, 0>>();
holds<Same<typeof FetchEventSource.OPEN, 1>>();
holds<Same<typeof source.readyState, 0 | 1 | 2>>();
holds<Same<typeof source.url, string>>();
holds<Same<typeof source.withCredentials, boolean>>();
holds<Same<typeof source.lastEventId, string>>();
holds<Same<typeof source.reconnectionTime, number>>();

// Handlers: with an event whose extras are all optional, or with the DOM's own types.
source.onopen = (event) => {
  holds<Same<typeof event, EventSourceOpenEvent>>();
  holds<Same<typeof event.response, Response | undefined>>();
};
source.onmessage = (event) => {
  holds<Same<typeof event, EventSourceMessageEvent>>();
  holds<Same<typeof event.data, string>>();
  holds<Same<typeof event.lastEventId, string>>();
  holds<Same<typeof event.origin, string>>();
};
source.onerror = (event) => {
  holds<Same<typeof event, EventSourceErrorEvent>>();
  holds<Same<typeof event.error, FetchEventSourceError>>();
  holds<Same<typeof event.message, string>>();
  holds<Same<typeof event.status, number | undefined>>();
  holds<Same<typeof event.code, number | undefined>>();
  holds<Same<typeof event.reconnectIn, number | undefined>>();
};
source.onmessage = null;
source.onmessage = async () => {};
source.onerror = (event: Event) => event.type;
source.onerror = function () {
  this.close();
};

// Listeners: the same, and a message for every type that is not ours.
source.addEventListener('open', (event) => event.response?.headers.get('Date'));
source.addEventListener('error', (event) => {
  holds<Same<typeof event.error, FetchEventSourceError>>();
  holds<Same<typeof event.reconnectIn, number | undefined>>();
});
source.addEventListener('message', (event) => holds<Same<typeof event.data, string>>());
source.addEventListener('custom', (event) => {
  holds<Same<typeof event, EventSourceMessageEvent>>();
  holds<Same<typeof event.data, string>>();
});
source.addEventListener('custom', (event) => event.data.toUpperCase(), { once: true });
source.addEventListener('message', (event: MessageEvent) => event.data);
source.addEventListener('error', (event: Event) => event.type);
source.addEventListener('message', { handleEvent: (event: Event) => event.type });
source.addEventListener('message', null);
const listener = (event: EventSourceMessageEvent) => event.data;
source.addEventListener('message', listener);
source.removeEventListener('message', listener);
source.removeEventListener('custom', listener, true);
source.dispatchEvent(new Event('custom'));

// Errors: the union is closed, so that a switch can be exhaustive.
export function explain(code: FetchEventSourceErrorCode): string {
  switch (code) {
    case 'network':
    case 'http-status':
    case 'content-type':
    case 'no-body':
    case 'end-of-stream':
    case 'connect-timeout':
    case 'idle-timeout':
    case 'event-too-large':
    case 'not-resumable':
    case 'redirect':
    case 'headers':
    case 'body':
    case 'aborted':
      return code;
  }
}
export function inspect(error: unknown): number | undefined {
  if (!(error instanceof FetchEventSourceError)) return undefined;
  holds<Same<typeof error.code, FetchEventSourceErrorCode>>();
  holds<Same<typeof error.response, Response | undefined>>();
  holds<Same<typeof error.cause, unknown>>();
  return error.status;
}

// Options
declare const maybe: string | undefined;
export const options: FetchEventSourceInit[] = [
  {},
  { method: 'POST', body: 'text', headers: { Authorization: 'Bearer token' }, keepalive: true },
  { credentials: 'include', cache: 'default', redirect: 'error', referrer: '', mode: 'cors' },
  { withCredentials: true, lastEventId: '7', lastEventIdParam: 'after', onComment: (text) => text.trim() },
  { signal: new AbortController().signal, fetch: globalThis.fetch },
  { signal: null, body: null, fetch: undefined, reconnect: undefined, headers: undefined, method: 'GET' },
  { headers: new Headers() },
  { headers: [['Authorization', 'Bearer token']] },
  { headers: () => ({ Authorization: 'Bearer token' }) },
  {
    headers: async ({ lastEventId, failures, error, signal }) => {
      holds<Same<typeof lastEventId, string>>();
      holds<Same<typeof failures, number>>();
      holds<Same<typeof error, FetchEventSourceError | undefined>>();
      holds<Same<typeof signal, AbortSignal>>();
      return new Headers();
    },
  },
  { headers: async () => (maybe ? { Authorization: maybe } : {}) },
  { headers: () => (maybe ? { Authorization: maybe } : {}) },
  { headers: maybe ? { Authorization: maybe } : {} },
  { headers: { Authorization: maybe, 'X-Tenant': null } },
  { headers: () => ({ Authorization: maybe }) },
  { headers: () => undefined, body: () => undefined },
  { method: 'POST', body: new URLSearchParams() },
  { method: 'POST', body: new Blob([]) },
  { method: 'POST', body: new FormData() },
  { method: 'POST', body: new Uint8Array(1) },
  { method: 'POST', body: (attempt: Attempt) => attempt.lastEventId },
  { method: 'POST', body: () => new ReadableStream() },
  { method: 'POST', body: async () => new ReadableStream() },
  { reconnect: true },
  { reconnect: { reconnectionTime: 1, maxBackoff: 1, maxFailures: 1, statuses: [503] as const } },
  { reconnect: { shouldReconnect: ({ error, failures }) => error.status !== 403 && failures * 1000 } },
  { reconnect: { shouldReconnect: async () => undefined } },
];
for (const init of options) new FetchEventSource('https://source.test/', init).close();

// The headers alone
new FetchEventSource('https://source.test/', new Headers()).close();
new FetchEventSource('https://source.test/', { Authorization: 'Bearer token' }).close();
new FetchEventSource('https://source.test/', { 'X-Tenant': 'a', authorization: 'Bearer token' }).close();
export const record: Record<string, string> = { Authorization: 'Bearer token' };
new FetchEventSource('https://source.test/', record).close();

// A caller's own fetch
export const fetches: FetchEventSourceInit['fetch'][] = [
  fetch,
  globalThis.fetch,
  (url, init) => fetch(url, { ...init, headers: { ...init.headers, 'X-Tenant': 'a' } }),
  async (url, { headers, signal }) => new Response(`${url} ${headers.get('Accept')} ${signal.aborted}`),
  (url: string | URL | Request, init?: RequestInit) => fetch(url, init),
  (url: string) => fetch(url),
];

// Proposed additions, and ours
source.reconnect();
source.reset();
export const overStream: FetchEventSource = FetchEventSource.fromReadableStream(new ReadableStream());

// Subclasses
export class Named extends FetchEventSource {
  readonly name: string = 'named';
  override close(): void {
    super.close();
  }
}

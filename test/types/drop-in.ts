// Compiles wherever `fetch` has types: what is imported from `eventsource` 3 to 5 can be imported from here.
import {
  type AddEventListenerOptions,
  ErrorEvent,
  type EventListener,
  type EventListenerObject,
  type EventListenerOptions,
  type EventListenerOrEventListenerObject,
  EventSource,
  type EventSourceConstructor,
  type EventSourceEventMap,
  type EventSourceFetchInit,
  type EventSourceInit,
  type FetchLike,
  type FetchLikeInit,
  type FetchLikeResponse,
  type ReaderLike,
} from '../../src/index.js';

const withToken: FetchLike = (url, init) =>
  fetch(url, { ...init, headers: { ...init.headers, Authorization: 'Bearer token' } });
const annotated: FetchLike = (url: string | URL, init: EventSourceFetchInit): Promise<FetchLikeResponse> =>
  fetch(url, init);
const optional: FetchLike = (url: string | URL, init?: RequestInit) => fetch(url, init);
const init: EventSourceInit = { withCredentials: true, fetch: withToken };

const source: EventSource = new EventSource('https://source.test/', init);
source.onopen = (event: Event) => event.type;
source.onmessage = (event: MessageEvent) => event.data;
source.onerror = (event: ErrorEvent) => event.code === 401 && event.message?.toUpperCase();
source.onerror = (event) => event.code === 401 && event.message?.toUpperCase();
source.addEventListener('error', (event: ErrorEvent) => event.message);
source.addEventListener('endpoint', (event: MessageEvent) => event.data);
source.addEventListener('error', (event) => {
  if (event instanceof ErrorEvent) event.code?.toFixed();
});
const onAny: EventListenerOrEventListenerObject = (event) => event.type;
const options: AddEventListenerOptions & EventListenerOptions = { once: true, capture: true };
source.addEventListener('custom', onAny as EventListener, options);
source.addEventListener('custom', { handleEvent: (event) => event.type } satisfies EventListenerObject);
source.removeEventListener('custom', onAny as EventListener, { capture: true });
if (source.readyState === EventSource.CLOSED) source.close();

const Class: EventSourceConstructor = EventSource;
export const isSupported: true = Class.supportedOptions.method;
export const event: ErrorEvent = new ErrorEvent('error', { message: 'Refused', code: 403 });
export const code: number | undefined = event.code;
export const types: (keyof EventSourceEventMap)[] = ['error', 'message', 'open'];
export const read = (reader: ReaderLike) => reader.read();
export const inits: FetchLikeInit[] = [{ headers: new Headers(), signal: new AbortController().signal }];
export const fetches: FetchLike[] = [withToken, annotated, optional, fetch];

/** As libraries hold one. */
export class Client {
  #source: EventSource | undefined;
  #onerror: ((event: ErrorEvent) => void) | null = null;

  start(to: string): EventSource {
    this.#source = new EventSource(to);
    this.#source.onerror = this.#onerror;
    return this.#source;
  }
}

import { NODE_REMEDY, show } from '../errors/text.js';
import { discard } from '../http/discard.js';
import { type Options, readOptions } from '../options/options.js';
import type { StreamChunk } from '../stream/chunk.js';
import type {
  AnyMessageEvent,
  DataOf,
  EventHandler,
  EventSourceMessageEvent,
  EventSourceOpenEvent,
  FetchEventSourceEventMap,
  WithDispose,
} from '../types/events.js';
import type { FetchEventSourceInit, HeadersAlone, InitWithParsers } from '../types/options.js';
import { ConnectionLoop } from './connection-loop.js';
import { EventDispatcher } from './event-dispatcher.js';
import { defineInterface } from './interface.js';

/** rule 49 */
const STREAM_URL = 'about:event-stream';

/**
 * The standard's `EventSource`, on `fetch`. It connects on construction, and connects again when interrupted, until
 * it fails or is closed.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface adds overloads, nothing to initialize
export class FetchEventSource<Data = string, Events = Record<never, never>> extends EventTarget {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSED: 2;
  /** Options beyond the standard's that some libraries ask for before they pass them. */
  declare static readonly supportedOptions: Readonly<Record<'headers' | 'method' | 'withCredentials', true>>;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSED: 2;

  readonly #options: Options;
  readonly #dispatcher: EventDispatcher;
  readonly #loop: ConnectionLoop;
  /** The values of `onopen`, `onmessage` and `onerror`. */
  readonly #handlers: Handlers<Data, Events> = {};
  /** The stream given to `fromReadableStream()`. */
  #stream: ReadableStream<StreamChunk> | undefined;

  /**
   * @param url - absolute, or relative to the page or worker.
   * @param init - options, or the headers alone.
   * @throws TypeError for an option that cannot work.
   * @throws DOMException `SyntaxError` for a URL that cannot be parsed.
   */
  constructor(url: string | URL, init: InitWithParsers<Events>);
  // By itself, so that the compiler says of a misspelt option what it is called.
  constructor(url: string | URL, init?: FetchEventSourceInit<Data, Events>);
  constructor(url: string | URL, init?: FetchEventSourceInit<Data, Events> | Headers | HeadersAlone);
  constructor(url: string | URL, init: unknown = {}) {
    super();
    this.#options = readOptions(url, init);
    this.#dispatcher = new EventDispatcher(this, this.#options);
    this.#loop = new ConnectionLoop(this.#options, this.#dispatcher);
    void this.#loop.run();
  }

  /**
   * A source over any stream of bytes or text. It never connects again: when the stream ends, the source is CLOSED and fires
   * one `error` event.
   *
   * @throws TypeError if it is no stream, or locked.
   * @see https://github.com/whatwg/html/pull/12272
   */
  static fromReadableStream(stream: ReadableStream<StreamChunk>): FetchEventSource {
    if (!stream?.getReader) {
      throw new TypeError(`stream: got ${show(stream)}${'pipe' in Object(stream) ? NODE_REMEDY : ''}`);
    }
    // Throws if it is locked.
    stream.getReader().releaseLock();
    const headers = { 'Content-Type': 'text/event-stream' };
    // Not `new Response(stream)`: that refuses a stream that was read from, and turns one of another realm into text.
    const response = Object.defineProperty(new Response(null, { headers }), 'body', { value: stream });
    const source = new FetchEventSource(STREAM_URL, { fetch: async () => response, reconnect: false });
    source.#stream = stream;
    return source;
  }

  /** The URL that the source was constructed with, resolved. */
  get url(): string {
    return this.#options.url;
  }

  /** Whether the `withCredentials` option was set. */
  get withCredentials(): boolean {
    return !!this.#options.withCredentials;
  }

  /** CONNECTING (0), OPEN (1) or CLOSED (2). */
  get readyState(): 0 | 1 | 2 {
    return this.#loop.readyState;
  }

  /** The ID of the last event; before that, the `lastEventId` option. */
  get lastEventId(): string {
    return this.#loop.lastEventId;
  }

  /** The least wait in milliseconds: what the last `retry` field said; before that, the option or 3000. */
  get reconnectionTime(): number {
    return this.#loop.state.reconnectionTime;
  }

  /** Called when a connection is established. */
  get onopen(): EventHandler<EventSourceOpenEvent> {
    return this.#handlers.open ?? null;
  }
  set onopen(value: EventHandler<EventSourceOpenEvent>) {
    this.#setHandler('open', value);
  }

  /** Called for messages of type `message`, including those without an `event` field. */
  get onmessage(): EventHandler<FetchEventSourceEventMap<Data, Events>['message']> {
    return this.#handlers.message ?? null;
  }
  set onmessage(value: EventHandler<FetchEventSourceEventMap<Data, Events>['message']>) {
    this.#setHandler('message', value);
  }

  // What is read takes any event, so that the class is assignable to the native types: their handlers know other errors.
  /** Called when a connection ended; `readyState` tells whether another attempt follows. */
  get onerror(): EventHandler<Event> {
    return (this.#handlers.error as EventHandler<Event> | undefined) ?? null;
  }
  set onerror(value: EventHandler<FetchEventSourceEventMap<Data, Events>['error']>) {
    this.#setHandler('error', value);
  }

  /** Ends the connection, or the wait for the next one, for good. No event is fired. */
  close(): void {
    this.#loop.close();
    // The loop may not have locked the stream yet.
    discard({ body: this.#stream });
  }

  /**
   * Iterates over all messages from now on, whatever their type. Leaving the loop closes the source. The loop ends
   * with the source; it throws what the source fails with, or the reason of an aborted `signal`.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<AnyMessageEvent<Data, Events>> {
    const queue: AsyncIterableIterator<unknown> = this.#dispatcher.createQueue(() => this.close());
    return queue as AsyncIterableIterator<AnyMessageEvent<Data, Events>>;
  }

  /**
   * Drops the connection, or cuts a wait short, and connects again at once from the last event ID on, whatever the
   * policy. An `error` event (code `aborted`, `reconnectIn` 0) announces it. Does nothing once CLOSED, nor on a source
   * over a stream.
   */
  reconnect(): void {
    if (!this.#stream) this.#loop.reconnect();
  }

  /** Forgets a partial event, so that a fresh stream can follow in the same body. */
  reset(): void {
    this.#loop.reset();
  }

  override addEventListener(type: string, listener: unknown, options?: ListenerOptions): void {
    if (!listener) return;
    super.addEventListener(type, listener as Listener, options);
    this.#dispatcher.noteListener(type, listener, options);
  }

  override removeEventListener(type: string, listener: unknown, options?: ListenerOptions): void {
    super.removeEventListener(type, listener as Listener, options);
    this.#dispatcher.listeners[type]?.delete(listener);
  }

  // rule 46: setting a handler again keeps its place; after removal it comes last
  #setHandler(type: keyof FetchEventSourceEventMap, value: EventHandler<never>): void {
    const isHandler = typeof value === 'function';
    (this.#handlers as Record<string, EventHandler<never>>)[type] = isHandler ? value : null;
    this[isHandler ? 'addEventListener' : 'removeEventListener'](type, this.#handle);
  }

  // T17: our own listener, because the caller's function may also be registered with addEventListener(). It sets
  // `this`, which not every platform does.
  readonly #handle = (event: Event): void => {
    this.#handlers[event.type as keyof FetchEventSourceEventMap]?.call(this, event as never);
  };
}

// Not in a static block, which React Native's compiler refuses.
defineInterface(FetchEventSource);

/** Types each listener by the event's name. */
export interface FetchEventSource<Data, Events> extends WithDispose {
  addEventListener<K extends keyof FetchEventSourceEventMap>(
    type: K,
    listener: EventHandler<FetchEventSourceEventMap<Data, Events>[K]>,
    options?: ListenerOptions,
  ): void;
  addEventListener<K extends string>(
    type: K,
    listener: EventHandler<EventSourceMessageEvent<DataOf<Data, Events, K>>>,
    options?: ListenerOptions,
  ): void;
  addEventListener(type: string, listener: Listener, options?: ListenerOptions): void;
  removeEventListener<K extends keyof FetchEventSourceEventMap>(
    type: K,
    listener: EventHandler<FetchEventSourceEventMap<Data, Events>[K]>,
    options?: ListenerOptions,
  ): void;
  removeEventListener<K extends string>(
    type: K,
    listener: EventHandler<EventSourceMessageEvent<DataOf<Data, Events, K>>>,
    options?: ListenerOptions,
  ): void;
  removeEventListener(type: string, listener: Listener, options?: ListenerOptions): void;
}

/** The type of the class, as the package `eventsource` calls it. */
export type EventSourceConstructor = typeof FetchEventSource;

type Handlers<Data, Events> = {
  [K in keyof FetchEventSourceEventMap]?: EventHandler<FetchEventSourceEventMap<Data, Events>[K]>;
};

// What the DOM library calls `EventListenerOrEventListenerObject` and so on has no name in @types/node.
type Listener = Parameters<EventTarget['addEventListener']>[1];
type ListenerOptions = Parameters<EventTarget['addEventListener']>[2];

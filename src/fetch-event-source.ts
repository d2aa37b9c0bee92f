import { type EventHandler, ignore, invoke } from './callbacks.js';
import { connect, discard } from './connect.js';
import { delay, type Wait } from './delay.js';
import { FetchEventSourceError } from './errors.js';
import { interpretEventStream } from './event-stream.js';
import { readOptions, type Source } from './options.js';
import { decide } from './reconnect.js';
import { encodeLastEventId } from './request.js';
import type {
  Attempt,
  EventSourceErrorEvent,
  EventSourceMessageEvent,
  EventSourceOpenEvent,
  Failure,
  FetchEventSourceEventMap,
  FetchEventSourceInit,
  WithDispose,
} from './types.js';
import { defineInterface } from './web-idl.js';

/**
 * The standard's `EventSource`, on `fetch`. It connects on construction, and connects again when interrupted, until
 * it fails or is closed.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface adds overloads, nothing to initialize
export class FetchEventSource extends EventTarget {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSED: 2;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSED: 2;

  readonly #source: Source;
  /** Of the current stream. */
  #interpretBytes!: ReturnType<typeof interpretEventStream>;
  /** The values of `onopen`, `onmessage` and `onerror`. */
  readonly #handlers: { [K in keyof FetchEventSourceEventMap]?: EventHandler<FetchEventSourceEventMap[K]> } =
    {};
  /** CONNECTING (0), OPEN (1) or CLOSED (2). Named constants would cost bytes. */
  #readyState: 0 | 1 | 2 = 0;
  /** Its signal is that of the current attempt and of the wait after it. */
  #controller = new AbortController();

  /**
   * @param url - absolute, or relative to the page or worker.
   * @param init - options, or the headers alone.
   * @throws TypeError for an option that cannot work.
   * @throws DOMException `SyntaxError` for a URL that cannot be parsed.
   */
  constructor(url: string | URL, init: FetchEventSourceInit | Headers | Record<string, string> = {}) {
    super();
    this.#source = readOptions(url, init);
    const { signal } = this.#source;
    signal?.addEventListener('abort', this.#abort);
    if (signal?.aborted) this.close();
    void this.#run();
  }

  /**
   * A source over any stream of bytes. It never connects again: when the stream ends, the source is CLOSED and fires
   * one `error` event.
   *
   * @throws TypeError if the stream is locked.
   * @see https://github.com/whatwg/html/pull/12272
   */
  static fromReadableStream(stream: ReadableStream<Uint8Array>): FetchEventSource {
    const response = new Response(stream as BodyInit, { headers: { 'Content-Type': 'text/event-stream' } });
    const source = new FetchEventSource('about:event-stream', {
      fetch: async () => response,
      reconnect: false,
    });
    source.#controller.signal.addEventListener('abort', () => discard(response));
    return source;
  }

  /** The URL that the source was constructed with, resolved. */
  get url(): string {
    return this.#source.url.href;
  }

  /** Whether the `withCredentials` option was set. */
  get withCredentials(): boolean {
    return !!this.#source.withCredentials;
  }

  /** CONNECTING (0), OPEN (1) or CLOSED (2). */
  get readyState(): 0 | 1 | 2 {
    return this.#readyState;
  }

  /** The last event ID: that of the event last dispatched, or what the `lastEventId` option said. */
  get lastEventId(): string {
    return this.#source.lastEventId ?? '';
  }

  /** The least wait before connecting again, in milliseconds: what the server's last `retry` field said. */
  get reconnectionTime(): number {
    return this.#source.reconnectionTime;
  }

  /** Called when a connection is established. */
  get onopen(): EventHandler<EventSourceOpenEvent> {
    return this.#handlers.open ?? null;
  }
  set onopen(value: EventHandler<EventSourceOpenEvent>) {
    this.#setHandler('open', value);
  }

  /** Called for messages of the type `message`, as those without an `event` field are. */
  get onmessage(): EventHandler<EventSourceMessageEvent> {
    return this.#handlers.message ?? null;
  }
  set onmessage(value: EventHandler<EventSourceMessageEvent>) {
    this.#setHandler('message', value);
  }

  /** Called when a connection ended; `readyState` tells whether another attempt follows. */
  get onerror(): EventHandler<EventSourceErrorEvent> {
    return this.#handlers.error ?? null;
  }
  set onerror(value: EventHandler<EventSourceErrorEvent>) {
    this.#setHandler('error', value);
  }

  /** Ends the connection, or the wait for the next one, for good. No event is fired. */
  close(): void {
    this.#setClosed();
    this.#controller.abort();
  }

  /**
   * Drops the connection, or cuts a wait short, and connects again at once from the last event ID on, whatever the
   * policy. Does nothing once CLOSED, nor on a source over a stream.
   */
  reconnect(): void {
    if (this.#readyState === 2 || this.#source.url.protocol === 'about:') return;
    this.#readyState = 0;
    this.#controller.abort(new FetchEventSourceError('aborted', 'reconnect()'));
  }

  /** Forgets a partial event, so that a fresh stream can follow in the same body. */
  reset(): void {
    this.#interpretBytes = interpretEventStream(this.#source);
  }

  // rule 46: adding a listener that is there keeps its place; one that was removed comes last
  #setHandler(type: keyof FetchEventSourceEventMap, value: EventHandler<never>): void {
    const isHandler = typeof value === 'function';
    (this.#handlers as Record<string, EventHandler<never>>)[type] = isHandler ? value : null;
    this[isHandler ? 'addEventListener' : 'removeEventListener'](type, this.#handle);
  }

  // T17: a listener of our own, for the caller's function may be registered through addEventListener() as well
  #handle(event: Event): void {
    this.#handlers[event.type as keyof FetchEventSourceEventMap]?.call(this, event as never);
  }

  /** Attempt, outcome, decision, delay, attempt. */
  async #run(): Promise<void> {
    // T1: nothing happens before the caller could add listeners
    await undefined;
    let error: FetchEventSourceError | undefined;
    let failures = 0;
    let hasRefreshed = false;
    for (; this.#readyState !== 2; this.#controller = new AbortController()) {
      const { signal } = this.#controller;
      const attempt = () => ({ lastEventId: this.lastEventId, failures, error, signal });
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', reject);
      });
      // T2: by its name, for an AbortError may come from another realm
      error = await Promise.race([this.#attempt(attempt()), aborted]).catch((cause) =>
        cause instanceof FetchEventSourceError
          ? cause
          : new FetchEventSourceError(
              cause?.name === 'AbortError' ? 'aborted' : 'network',
              'Connection failed',
              cause,
            ),
      );
      hasRefreshed &&= this.#readyState !== 1;
      if (error.status === 401 && !hasRefreshed && typeof this.#source.headers === 'function') {
        hasRefreshed = true;
        discard(error.response);
        continue;
      }
      failures = this.#source.hasDelivered ? 0 : failures + 1;
      const next =
        signal.aborted ||
        (await Promise.race([decide(this.#source, attempt() as Failure), aborted]).catch(() => error));
      if (!signal.aborted) {
        const wait = next as Wait | FetchEventSourceError;
        if (wait instanceof Error) this.#end(wait);
        else {
          this.#end(error, wait[1]);
          await delay(wait, signal);
        }
      }
      if (signal.aborted && this.readyState !== 2) {
        // by reconnect()
        error = signal.reason as FetchEventSourceError;
        failures = 0;
        hasRefreshed = false;
        this.#end(error, 0);
      }
    }
  }

  /** Connects, announces and interprets. Rejects with the reason when that ends. */
  async #attempt(attempt: Attempt): Promise<never> {
    const { signal } = attempt;
    this.reset();
    const response = await connect(this.#source, attempt);
    signal.throwIfAborted();
    const { origin } = new URL(response.url || this.url);
    const reader = response.body?.getReader();
    // T3: a caller's fetch may ignore the signal
    signal.addEventListener('abort', () => reader?.cancel().catch(ignore));
    this.#readyState = 1;
    this.#dispatch(new Event('open'), { response });
    while (!signal.aborted) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done || signal.aborted) break;
      for (const [type, data] of this.#interpretBytes(value as Uint8Array)) {
        if (type) this.#dispatch(new MessageEvent(type, { data, origin, lastEventId: this.lastEventId }));
        else invoke(() => this.#source.onComment(data));
        // T8: after each event, before the next one changes the last event ID
        if (signal.aborted) break;
      }
    }
    throw new FetchEventSourceError('end-of-stream', 'Stream ended');
  }

  /** Reestablishes or, where no time to the next attempt is given, fails. */
  #end(error: FetchEventSourceError, reconnectIn?: number): void {
    const { status, response } = error;
    let { message } = error;
    if (reconnectIn === undefined) this.#setClosed();
    else {
      this.#readyState = 0;
      if (encodeLastEventId(this.#source) === undefined) message += '; cannot send lastEventId';
    }
    this.#dispatch(new Event('error'), { error, message, status, code: status, reconnectIn });
    discard(response);
  }

  readonly #abort = (): void => this.close();

  #setClosed(): void {
    this.#readyState = 2;
    this.#source.signal?.removeEventListener('abort', this.#abort);
  }

  #dispatch(event: Event, extras?: object): void {
    invoke(() => this.dispatchEvent(Object.assign(event, extras)));
  }

  static {
    defineInterface(FetchEventSource);
  }
}

/** Adds to each listener's type what the event of that name holds. */
export interface FetchEventSource extends WithDispose {
  addEventListener<K extends keyof FetchEventSourceEventMap>(
    type: K,
    listener: EventHandler<FetchEventSourceEventMap[K]>,
    options?: ListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventHandler<EventSourceMessageEvent>,
    options?: ListenerOptions,
  ): void;
  addEventListener(type: string, listener: Listener, options?: ListenerOptions): void;
  removeEventListener<K extends keyof FetchEventSourceEventMap>(
    type: K,
    listener: EventHandler<FetchEventSourceEventMap[K]>,
    options?: ListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventHandler<EventSourceMessageEvent>,
    options?: ListenerOptions,
  ): void;
  removeEventListener(type: string, listener: Listener, options?: ListenerOptions): void;
}

// What the DOM library calls `EventListenerOrEventListenerObject` and so on has no name in @types/node.
type Listener = Parameters<EventTarget['addEventListener']>[1];
type ListenerOptions = Parameters<EventTarget['addEventListener']>[2];

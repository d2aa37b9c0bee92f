import { connect, discard, toError } from './connect.js';
import { abortable, delay } from './delay.js';
import { FetchEventSourceError } from './errors.js';
import { type EventHandler, EventHandlers, ignore, invoke } from './event-handlers.js';
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

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

/** The URL of every source over a stream. */
const STREAM_URL = 'about:event-stream';

/**
 * The standard's `EventSource`, on `fetch`. It connects on construction, and connects again when interrupted, until
 * it fails or is closed.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
export class FetchEventSource extends EventTarget {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSED: 2;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSED: 2;

  readonly #source: Source;
  #interpretBytes!: ReturnType<typeof interpretEventStream>;
  readonly #handlers = new EventHandlers(this);
  #readyState: 0 | 1 | 2 = CONNECTING;
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
    this.reset();
    signal?.addEventListener('abort', this.#close);
    if (signal?.aborted) this.#close();
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
    const source = new FetchEventSource(STREAM_URL, { fetch: async () => response, reconnect: false });
    source.#controller.signal.addEventListener('abort', () => discard(response));
    return source;
  }

  /** The URL that the source was constructed with, resolved. */
  get url(): string {
    return this.#source.url.href;
  }

  /** Whether the `withCredentials` option was set. */
  get withCredentials(): boolean {
    return this.#source.withCredentials;
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

  get onopen(): EventHandler<EventSourceOpenEvent> {
    return this.#handlers.get('open');
  }
  set onopen(value: EventHandler<EventSourceOpenEvent>) {
    this.#handlers.set('open', value);
  }

  get onmessage(): EventHandler<EventSourceMessageEvent> {
    return this.#handlers.get('message');
  }
  set onmessage(value: EventHandler<EventSourceMessageEvent>) {
    this.#handlers.set('message', value);
  }

  get onerror(): EventHandler<EventSourceErrorEvent> {
    return this.#handlers.get('error');
  }
  set onerror(value: EventHandler<EventSourceErrorEvent>) {
    this.#handlers.set('error', value);
  }

  /** Ends the connection, or the wait for the next one, for good. No event is fired. */
  close(): void {
    this.#close();
  }

  /**
   * Drops the connection, or cuts a wait short, and connects again at once from the last event ID on, whatever the
   * policy. Does nothing once CLOSED, nor on a source over a stream.
   */
  reconnect(): void {
    if (this.#readyState === CLOSED || this.url === STREAM_URL) return;
    this.#readyState = CONNECTING;
    this.#controller.abort(new FetchEventSourceError('aborted', 'reconnect()'));
  }

  /** Forgets a partial event, so that a fresh stream can follow in the same body. */
  reset(): void {
    this.#interpretBytes = interpretEventStream(this.#source);
  }

  /** Attempt, outcome, decision, delay, attempt. */
  async #run(): Promise<void> {
    // T1: nothing happens before the caller could add listeners
    await undefined;
    let error: FetchEventSourceError | undefined;
    let failures = 0;
    let hasRefreshed = false;
    for (; this.#readyState !== CLOSED; this.#controller = new AbortController()) {
      const { signal } = this.#controller;
      const attempt = () => ({ lastEventId: this.lastEventId, failures, error, signal });
      error = await abortable(this.#attempt(attempt()), signal).catch(toError);
      if (this.#readyState === OPEN) hasRefreshed = false;
      if (error.status === 401 && !hasRefreshed && typeof this.#source.headers === 'function') {
        hasRefreshed = true;
        discard(error.response);
        continue;
      }
      failures = this.#source.hasDelivered ? 0 : failures + 1;
      await this.#follow(attempt() as Failure);
      if (signal.aborted && this.readyState !== CLOSED) {
        // by reconnect()
        error = signal.reason as FetchEventSourceError;
        failures = 0;
        this.#end(error, 0);
      }
    }
  }

  /** Connects, announces and interprets; says why that ended. */
  async #attempt(attempt: Attempt): Promise<FetchEventSourceError> {
    this.reset();
    try {
      await this.#interpret(await connect(this.#source, attempt), attempt.signal);
      return new FetchEventSourceError('end-of-stream', 'The stream ended');
    } catch (cause) {
      return toError(cause);
    }
  }

  async #interpret(response: Response, signal: AbortSignal): Promise<void> {
    const { origin } = new URL(response.url || this.url);
    const reader = response.body?.getReader();
    // T3: a caller's fetch may ignore the signal
    const cancel = () => reader?.cancel().catch(ignore);
    signal.addEventListener('abort', cancel);
    if (!signal.aborted) {
      this.#readyState = OPEN;
      this.#dispatch(Object.assign(new Event('open'), { response }));
    }
    while (!signal.aborted) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done || signal.aborted) break;
      for (const item of this.#interpretBytes(value as Uint8Array)) {
        if ('comment' in item) invoke(() => this.#source.onComment(item.comment));
        else this.#dispatch(new MessageEvent(item.type, { ...item, origin, lastEventId: this.lastEventId }));
        // T8: after each event, before the next one changes the last event ID
        if (signal.aborted) break;
      }
    }
    cancel();
  }

  /** Does what the policy says of an ended attempt. */
  async #follow(failure: Failure): Promise<void> {
    const { error, signal } = failure;
    const next = await abortable(decide(this.#source, failure), signal).catch(ignore);
    if (next instanceof Error) this.#end(next);
    else if (next) {
      this.#end(error, next[1]);
      await delay(next, signal);
    }
  }

  /** Reestablishes or, where no time to the next attempt is given, fails. */
  #end(error: FetchEventSourceError, reconnectIn?: number): void {
    const { status, response } = error;
    const isFinal = reconnectIn === undefined;
    if (isFinal) this.#setClosed();
    else this.#readyState = CONNECTING;
    const message =
      error.message +
      (isFinal || encodeLastEventId(this.#source) !== undefined ? '' : '; cannot send the last event ID');
    this.#dispatch(Object.assign(new Event('error'), { error, message, status, code: status, reconnectIn }));
    discard(response);
  }

  readonly #close = (): void => {
    this.#setClosed();
    this.#controller.abort();
  };

  #setClosed(): void {
    this.#readyState = CLOSED;
    this.#source.signal?.removeEventListener('abort', this.#close);
  }

  #dispatch(event: Event): void {
    invoke(() => this.dispatchEvent(event));
  }

  static {
    defineInterface(this);
  }
}

/** Adds to each listener's type what the event of that name holds. */
export interface FetchEventSource extends WithDispose {
  addEventListener<K extends keyof FetchEventSourceEventMap>(
    type: K,
    // biome-ignore lint/suspicious/noExplicitAny: as for EventHandler
    listener: (this: any, event: FetchEventSourceEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    // biome-ignore lint/suspicious/noExplicitAny: as for EventHandler
    listener: (this: any, event: EventSourceMessageEvent) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof FetchEventSourceEventMap>(
    type: K,
    // biome-ignore lint/suspicious/noExplicitAny: as for EventHandler
    listener: (this: any, event: FetchEventSourceEventMap[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    // biome-ignore lint/suspicious/noExplicitAny: as for EventHandler
    listener: (this: any, event: EventSourceMessageEvent) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

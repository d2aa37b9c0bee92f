import { type EventHandler, ignore, invoke } from './callbacks.js';
import { connect } from './connect.js';
import { delay, type Wait, within } from './delay.js';
import { FetchEventSourceError } from './errors.js';
import { EventQueue } from './event-queue.js';
import { EventStreamInterpreter, type Take, toBytes } from './event-stream.js';
import { createMessage } from './message.js';
import { readOptions, type Source } from './options.js';
import { createErrorEvent, dispatch, yieldToOthers } from './platform.js';
import { decide } from './reconnect.js';
import { encodeLastEventId } from './request.js';
import { discard } from './response.js';
import type {
  AnyMessageEvent,
  Attempt,
  DataOf,
  EventSourceErrorEvent,
  EventSourceMessageEvent,
  EventSourceOpenEvent,
  Failure,
  FetchEventSourceEventMap,
  FetchEventSourceInit,
  HeadersAlone,
  InitWithParsers,
  WithDispose,
} from './types.js';
import { defineInterface } from './web-idl.js';

/**
 * How many bytes to interpret at once: handlers of a huge chunk must leave time for the rest of the program.
 */
const PIECE = 2 ** 14;

/** rule 49: the URL of a source over a stream. */
const OF_STREAM = 'about:event-stream';

/** In milliseconds, at least: what a chunk takes besides, for a stream may always have one at once. */
const READING = 0.002;

/** The promise, or a rejection with the signal's reason if that is aborted first: then a response that comes is freed. */
function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      // T3: a caller's fetch may ignore the signal
      promise.then(discard, (error) => discard(error?.response));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    // T16: the signal may outlive the promise
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** The bytes, or `undefined` at the end. Apart, for what a suspended function took to pieces stays in memory. */
const toChunk = ({ done, value }: Awaited<ReturnType<Reader['read']>>): Uint8Array | undefined =>
  done ? undefined : toBytes(value);

/** What an attempt rejected with, as one of our errors. */
function toError(cause: unknown): FetchEventSourceError {
  if (cause instanceof FetchEventSourceError) return cause;
  // T2: by its name, for an AbortError may come from another realm
  const isAborted = (cause as Error | undefined)?.name === 'AbortError';
  // Node's fetch has the system's error as its cause. Of that the code, for texts may hold secrets.
  const code = String((cause as { cause?: { code?: unknown } } | undefined)?.cause?.code);
  const message = `Connection failed${/^[A-Z][A-Z\d_]+$/.test(code) ? ` (${code})` : ''}`;
  return new FetchEventSourceError(isAborted ? 'aborted' : 'network', message, cause);
}

/**
 * The standard's `EventSource`, on `fetch`. It connects on construction, and connects again when interrupted, until
 * it fails or is closed.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface adds overloads, nothing to initialize
export class FetchEventSource<Events = Record<never, never>, Data = string> extends EventTarget {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSED: 2;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSED: 2;

  readonly #source: Source;
  /** Of the current stream. */
  #interpreter!: EventStreamInterpreter;
  #reader: Reader | undefined;
  /** Where it comes from, after redirects. */
  #origin = '';
  /** The values of `onopen`, `onmessage` and `onerror`. */
  readonly #handlers: Handlers<Events, Data> = {};
  /** CONNECTING (0), OPEN (1) or CLOSED (2). Named constants would cost bytes. */
  #readyState: 0 | 1 | 2 = 0;
  /** Of the loops over the source. */
  readonly #queues: EventQueue<AnyMessageEvent<Events, Data>>[] = [];
  /** What the source failed with, for loops. */
  #failure: unknown;
  /** Of the current attempt, or of the decision and the wait that follow it. */
  #controller = new AbortController();
  /**
   * What the current fetch got; `undefined` once that has rejected. To abort it then may end a Node process: undici emits
   * an `error` event that nobody can catch.
   */
  #connection: AbortController | undefined;
  /** What the last attempt ended with, and how many in a row have delivered nothing. */
  #error: FetchEventSourceError | undefined;
  #failures = 0;
  /** Whether the headers were asked for again, after a 401. */
  #hasRefreshed = false;

  /**
   * @param url - absolute, or relative to the page or worker.
   * @param init - options, or the headers alone.
   * @throws TypeError for an option that cannot work.
   * @throws DOMException `SyntaxError` for a URL that cannot be parsed.
   */
  constructor(url: string | URL, init: InitWithParsers<Events>);
  constructor(url: string | URL, init?: FetchEventSourceInit<Events, Data> | Headers | HeadersAlone);
  constructor(url: string | URL, init: unknown = {}) {
    super();
    this.#source = readOptions(url, init);
    const { signal } = this.#source;
    signal?.addEventListener('abort', this.#obey);
    if (signal?.aborted) this.#obey();
    void this.#run();
  }

  /**
   * A source over any stream of bytes. It never connects again: when the stream ends, the source is CLOSED and fires
   * one `error` event.
   *
   * @throws TypeError if it is no stream, or locked.
   * @see https://github.com/whatwg/html/pull/12272
   */
  static fromReadableStream(stream: ReadableStream<Uint8Array>): FetchEventSource {
    if (!stream?.getReader) throw new TypeError(`stream: got ${stream}`);
    // Throws if it is locked.
    stream.getReader().releaseLock();
    const headers = { 'Content-Type': 'text/event-stream' };
    // Not as the constructor's argument: it refuses a stream that was read from before, and makes text of a foreign one.
    const response = Object.defineProperty(new Response(null, { headers }), 'body', { value: stream });
    const source = new FetchEventSource(OF_STREAM, {
      fetch: async () => response,
      reconnect: false,
    });
    source.#controller.signal.addEventListener('abort', () => discard(response));
    return source;
  }

  /** The URL that the source was constructed with, resolved. */
  get url(): string {
    return this.#source.url;
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
  get onmessage(): EventHandler<FetchEventSourceEventMap<Events, Data>['message']> {
    return this.#handlers.message ?? null;
  }
  set onmessage(value: EventHandler<FetchEventSourceEventMap<Events, Data>['message']>) {
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
    this.#close();
  }

  #close(failure?: unknown): void {
    if (this.#readyState === 2) return;
    this.#readyState = 2;
    this.#failure = failure;
    for (const queue of this.#queues) queue.end(failure);
    this.#source.signal?.removeEventListener('abort', this.#obey);
    this.#abort();
  }

  /** Ends an attempt, or what follows one. The caller's listeners on that signal may close the source or reconnect it. */
  #abort(reason?: FetchEventSourceError, controller = this.#controller): void {
    controller.abort(reason);
    this.#connection?.abort(reason);
    // T3: a caller's fetch may ignore the signal
    this.#reader?.cancel().catch(ignore);
  }

  /**
   * Iterates over all messages from now on, whatever their type. Leaving the loop closes the source. The loop ends
   * with the source; it throws what the source fails with, or the reason of an aborted `signal`.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<AnyMessageEvent<Events, Data>> {
    const queue = new EventQueue<AnyMessageEvent<Events, Data>>(() => this.close());
    if (this.#readyState === 2) queue.end(this.#failure);
    else this.#queues.push(queue);
    return queue;
  }

  /**
   * Drops the connection, or cuts a wait short, and connects again at once from the last event ID on, whatever the
   * policy. Does nothing once CLOSED, nor on a source over a stream.
   */
  reconnect(): void {
    if (this.#readyState === 2 || this.url === OF_STREAM) return;
    this.#readyState = 0;
    this.#abort(new FetchEventSourceError('aborted', 'reconnect()'));
  }

  /** Forgets a partial event, so that a fresh stream can follow in the same body. */
  reset(): void {
    this.#interpreter = new EventStreamInterpreter(this.#source, this.#take);
  }

  // rule 46: adding a listener that is there keeps its place; one that was removed comes last
  #setHandler(type: keyof FetchEventSourceEventMap, value: EventHandler<never>): void {
    const isHandler = typeof value === 'function';
    (this.#handlers as Record<string, EventHandler<never>>)[type] = isHandler ? value : null;
    this[isHandler ? 'addEventListener' : 'removeEventListener'](type, this.#handle);
  }

  // T17: a listener of our own, for the caller's function may be registered through addEventListener() as well. Not
  // every platform calls it with `this`.
  readonly #handle = (event: Event): void => {
    this.#handlers[event.type as keyof FetchEventSourceEventMap]?.call(this, event as never);
  };

  /**
   * Attempt after attempt: connects, and interprets until the stream ends or the signal is aborted. All in one, for what
   * waits while a stream is silent takes memory.
   */
  async #run(): Promise<void> {
    // T1: nothing happens before the caller could add listeners
    await undefined;
    while (this.#readyState !== 2) {
      const attempt = this.#controller;
      const { signal } = attempt;
      let busy = 0;
      let chunk: Uint8Array | undefined;
      // That of the chunk, for reset() is about the next one.
      let interpreter = this.#interpreter;
      let error: FetchEventSourceError;
      try {
        await this.#open(signal);
        while (this.#reader && !signal.aborted) {
          const slow = this.#queues.find((queue) => queue.isFull);
          if (slow) await unlessAborted(signal, slow.waitForRoom());
          else if (busy > 30) {
            // Milliseconds. From 50 on, browsers speak of a long task; reading is a part of it.
            busy = 0;
            await yieldToOthers();
          } else if (chunk) {
            const began = performance.now();
            const isLong = chunk.length > PIECE;
            interpreter.interpret(isLong ? chunk.subarray(0, PIECE) : chunk);
            chunk = isLong ? chunk.subarray(PIECE) : undefined;
            busy += performance.now() - began + READING;
          } else {
            chunk = toChunk(await within(this.#source.idleTimeout, 'idle-timeout', this.#reader.read()));
            if (!chunk) break;
            interpreter = this.#interpreter;
          }
        }
        error = new FetchEventSourceError('end-of-stream', 'Stream ended');
      } catch (cause) {
        error = toError(cause);
      }
      // It would stay in memory meanwhile.
      chunk = undefined;
      await this.#follow(attempt, error);
    }
  }

  /** What comes after an attempt: decision and delay. */
  async #follow(attempt: AbortController, error: FetchEventSourceError): Promise<void> {
    let { signal } = attempt;
    const { response } = error;
    this.#error = error;
    if (signal.aborted) discard(response);
    else {
      // First, for what aborting the attempt makes the caller do is about what follows.
      this.#controller = new AbortController();
      signal = this.#controller.signal;
      // Nothing of the attempt may live on, but for a refused response, whose body a listener may read.
      if (!response) this.#abort(undefined, attempt);
    }
    if (!signal.aborted) {
      this.#hasRefreshed &&= this.#readyState !== 1;
      if (error.status === 401 && !this.#hasRefreshed && typeof this.#source.headers === 'function') {
        this.#hasRefreshed = true;
        return discard(response);
      }
      this.#failures = this.#source.hasDelivered ? 0 : this.#failures + 1;
      const failure = this.#describe(signal) as Failure;
      const next = await unlessAborted(signal, decide(this.#source, failure)).catch(toError);
      let isHeld = false;
      if (!signal.aborted) isHeld = next instanceof Error ? this.#end(next) : this.#end(error, next[1]);
      if (!isHeld) discard(response);
      if (!signal.aborted) await delay(next as Wait, signal);
    }
    if (signal.aborted && this.readyState !== 2) {
      // by reconnect()
      this.#error = signal.reason as FetchEventSourceError;
      this.#failures = 0;
      this.#hasRefreshed = false;
      this.#end(this.#error, 0);
      this.#controller = new AbortController();
    }
  }

  /** What callers' functions are told of an attempt. */
  #describe(signal: AbortSignal): Attempt {
    return { lastEventId: this.lastEventId, failures: this.#failures, error: this.#error, signal };
  }

  /** Connects and announces. Apart from `#run()`, where the response would stay in memory. */
  async #open(signal: AbortSignal): Promise<void> {
    this.reset();
    this.#source.hasDelivered = false;
    const connection = new AbortController();
    this.#connection = connection;
    const connected = connect(this.#source, this.#describe(signal), connection.signal);
    connected.catch(() => {
      if (this.#connection === connection) this.#connection = undefined;
    });
    // Settled by an abort even if a function or a fetch of the caller never is: the time-out's timer must not go on.
    const response = await within(
      this.#source.connectTimeout,
      'connect-timeout',
      unlessAborted(signal, connected),
    );
    // T3: a caller's fetch may ignore the signal
    if (signal.aborted) throw discard(response);
    this.#origin = new URL(response.url || this.url, this.url).origin;
    this.#reader = response.body?.getReader();
    this.#readyState = 1;
    this.#dispatch(Object.assign(new Event('open'), { response }));
  }

  /** Dispatches an event, or hands over a comment. */
  readonly #take: Take = (type, data) => {
    if (type) {
      const { lastEventId } = this;
      const event = createMessage(this.#source, type, { data, origin: this.#origin, lastEventId });
      // By `parse` or `done`, it may be closed by now.
      if (event && this.#readyState !== 2) {
        for (const queue of this.#queues) queue.push(event as never);
        this.#dispatch(event);
      } else this.close();
    } else invoke(() => this.#source.onComment(data));
    // T8: after each event, before the next one changes the last event ID
    return this.#readyState === 1;
  };

  /**
   * Reestablishes or, where no time to the next attempt is given, fails. Answers whether loops hold a refused response:
   * they may read its body once they have thrown the error.
   */
  #end(error: FetchEventSourceError, reconnectIn?: number): boolean {
    const { status } = error;
    let { message } = error;
    const isHeld = reconnectIn === undefined && this.#queues.length > 0;
    if (reconnectIn === undefined) this.#close(error.code === 'end-of-stream' ? undefined : error);
    else {
      this.#readyState = 0;
      if (encodeLastEventId(this.#source) === undefined) message += '; cannot send lastEventId';
    }
    this.#dispatch(createErrorEvent({ error, message, status, code: status, reconnectIn }));
    return isHeld;
  }

  readonly #obey = (): void => this.#close(this.#source.signal?.reason);

  #dispatch(event: Event): void {
    invoke(() => dispatch(this, event));
  }

  static {
    defineInterface(FetchEventSource);
  }
}

/** Adds to each listener's type what the event of that name holds. */
export interface FetchEventSource<Events, Data> extends WithDispose {
  addEventListener<K extends keyof FetchEventSourceEventMap>(
    type: K,
    listener: EventHandler<FetchEventSourceEventMap<Events, Data>[K]>,
    options?: ListenerOptions,
  ): void;
  addEventListener<K extends string>(
    type: K,
    listener: EventHandler<EventSourceMessageEvent<DataOf<Events, Data, K>>>,
    options?: ListenerOptions,
  ): void;
  addEventListener(type: string, listener: Listener, options?: ListenerOptions): void;
  removeEventListener<K extends keyof FetchEventSourceEventMap>(
    type: K,
    listener: EventHandler<FetchEventSourceEventMap<Events, Data>[K]>,
    options?: ListenerOptions,
  ): void;
  removeEventListener<K extends string>(
    type: K,
    listener: EventHandler<EventSourceMessageEvent<DataOf<Events, Data, K>>>,
    options?: ListenerOptions,
  ): void;
  removeEventListener(type: string, listener: Listener, options?: ListenerOptions): void;
}

type Handlers<Events, Data> = {
  [K in keyof FetchEventSourceEventMap]?: EventHandler<FetchEventSourceEventMap<Events, Data>[K]>;
};

// What the DOM library calls `EventListenerOrEventListenerObject` and so on has no name in @types/node.
type Listener = Parameters<EventTarget['addEventListener']>[1];
type ListenerOptions = Parameters<EventTarget['addEventListener']>[2];

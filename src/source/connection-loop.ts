import { send, yieldToOthers } from '#platform';
import { FetchEventSourceError } from '../errors/error.js';
import { discard } from '../http/discard.js';
import { encodeLastEventId } from '../http/last-event-id.js';
import { createRequest } from '../http/request.js';
import { accept } from '../http/response.js';
import type { Options } from '../options/options.js';
import { type Decision, decide } from '../reconnect/decision.js';
import { delay } from '../reconnect/delay.js';
import { toChunk } from '../stream/chunk.js';
import { EventStreamInterpreter, type StreamHandlers, type StreamState } from '../stream/interpreter.js';
import type { Attempt, Failure } from '../types/options.js';
import type { EventDispatcher } from './event-dispatcher.js';
import { unlessAborted, within } from './races.js';
import { CLOSED, CONNECTING, OPEN, type ReadyState } from './ready-state.js';
import { toError } from './to-error.js';

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** In bytes: what is interpreted at once. Handlers of a huge chunk must leave time for the rest of the program. */
const PIECE_SIZE = 2 ** 14;

/** In milliseconds. From 50 on, browsers speak of a long task, and reading is part of one. */
const LONGEST_TURN = 30;

/** In milliseconds: what a chunk costs at least besides interpreting, because a stream may always have one at once. */
const READING_TIME = 0.002;

/**
 * The standard's processing model: attempt → outcome → decision → delay → attempt. An outcome is the error that an attempt
 * ended with; a clean end of the stream is one, too.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
 */
export class ConnectionLoop implements StreamHandlers {
  readonly #options: Options;
  readonly #dispatcher: EventDispatcher;
  readonly state: StreamState;
  readyState: ReadyState = CONNECTING;
  #isRetryFromServer = false;

  /** The current attempt's, which the caller's functions see. Its `signal`, which takes memory, is made when they look. */
  #attempt = new AbortController();
  /**
   * What the current fetch was given; `undefined` once that has rejected. Aborting it then may end a Node process, because
   * undici emits an `error` event that nobody can catch.
   */
  #connection: AbortController | undefined;
  /** Of the decision and the wait that follow an attempt. */
  #recovery: AbortController | undefined;
  #reader: Reader | undefined;
  #interpreter: EventStreamInterpreter;
  /** Whether the current attempt has delivered something, in the streams before the last `reset()`. */
  #hasDelivered = false;

  /** What the last attempt ended with, and how many in a row have delivered nothing. */
  #error: FetchEventSourceError | undefined;
  #failures = 0;
  /** Whether the headers were asked for again after a 401. */
  #hasRefreshed = false;
  /** Set by `reconnect()`: whatever is under way ends, and a new attempt begins. */
  #interruption: FetchEventSourceError | undefined;

  constructor(options: Options, dispatcher: EventDispatcher) {
    this.#options = options;
    this.#dispatcher = dispatcher;
    this.state = {
      lastEventId: options.lastEventId || undefined,
      reconnectionTime: options.policy.reconnectionTime,
    };
    this.#interpreter = this.#createInterpreter();
    options.signal?.addEventListener('abort', this.#onAbort);
    if (options.signal?.aborted) this.#onAbort();
  }

  get lastEventId(): string {
    return this.state.lastEventId ?? '';
  }

  async run(): Promise<void> {
    // T1: nothing happens before the caller could add listeners
    await undefined;
    while (this.readyState !== CLOSED) {
      const connection = new AbortController();
      const outcome =
        this.#interruption ?? (await this.#open(connection)) ?? (await this.#read(connection.signal));
      await this.#recover(outcome);
    }
  }

  /** Closes for good. Loops over the source throw a failure that is not `undefined`. */
  close(failure?: unknown): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#dispatcher.endLoops(failure);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#abort();
  }

  /** Ends whatever is under way, and has a new attempt begin at once. */
  reconnect(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CONNECTING;
    this.#interruption = new FetchEventSourceError('aborted', 'reconnect()');
    this.#abort(this.#interruption);
  }

  /** Forgets a partial event. The chunk that is being interpreted is not affected. */
  reset(): void {
    this.#hasDelivered ||= this.#interpreter.hasDelivered;
    this.#interpreter = this.#createInterpreter();
  }

  #createInterpreter(): EventStreamInterpreter {
    return new EventStreamInterpreter(this.state, this, this.#options);
  }

  onEvent(type: string, data: string): boolean {
    const event = this.#dispatcher.createMessage(type, data, this.lastEventId);
    // `done` or `parse` may have closed the source.
    if (event && this.readyState !== CLOSED) this.#dispatcher.deliver(event);
    else this.close();
    // T8: after each event, before the next one changes the last event ID
    return this.readyState === OPEN;
  }

  onComment(comment: string): boolean {
    this.#dispatcher.deliverComment(comment);
    return this.readyState === OPEN;
  }

  onRetry(): void {
    this.#isRetryFromServer = true;
  }

  readonly #onAbort = (): void => this.close(this.#options.signal?.reason);

  /** Whether `close()` or `reconnect()` has made the current phase pointless. */
  get #isInterrupted(): boolean {
    return this.readyState === CLOSED || this.#interruption !== undefined;
  }

  #abort(reason?: FetchEventSourceError): void {
    this.#recovery?.abort(reason);
    this.#endAttempt(reason);
  }

  /** Frees what the attempt holds. The caller's abort listeners may close or reconnect the source. */
  #endAttempt(reason?: FetchEventSourceError): void {
    this.#attempt.abort(reason);
    this.#connection?.abort(reason);
    // T23: a caller's fetch may ignore the signal
    this.#reader?.cancel().catch(() => {});
  }

  /** Connects and announces. Answers how that failed, if it did. */
  async #open(connection: AbortController): Promise<FetchEventSourceError | undefined> {
    this.#attempt = new AbortController();
    this.#connection = connection;
    this.#interpreter = this.#createInterpreter();
    this.#hasDelivered = false;
    const { signal } = connection;
    try {
      // Interrupted even if a function or a fetch of the caller never settles: the time-out's timer must not go on.
      const connected = unlessAborted(signal, this.#connect(connection), discard);
      const response = await within(this.#options.connectTimeout, 'connect-timeout', connected);
      if (!signal.aborted) this.#announce(response);
      return undefined;
    } catch (cause) {
      return toError(cause);
    }
  }

  async #connect(connection: AbortController): Promise<Response> {
    const { signal } = connection;
    const attempt = this.#describe(this.#attempt);
    try {
      const request = await createRequest(this.#options, attempt, this.state.lastEventId, signal);
      return accept(await send(this.#options, request));
    } catch (cause) {
      if (this.#connection === connection) this.#connection = undefined;
      throw cause;
    }
  }

  /** What callers' functions are told of an attempt. */
  #describe(controller: AbortController): Attempt {
    return {
      lastEventId: this.lastEventId,
      failures: this.#failures,
      error: this.#error,
      get signal() {
        return controller.signal;
      },
    };
  }

  /** https://html.spec.whatwg.org/multipage/server-sent-events.html#announce-the-connection */
  #announce(response: Response): void {
    this.#reader = response.body?.getReader();
    this.readyState = OPEN;
    this.#dispatcher.announce(response);
  }

  /** Interprets until the stream ends, breaks or is no longer wanted. Answers how it ended. */
  async #read(signal: AbortSignal): Promise<FetchEventSourceError> {
    let busy = 0;
    let chunk: Uint8Array | undefined;
    // The chunk's, because reset() is about the next chunk.
    let interpreter = this.#interpreter;
    try {
      while (this.#reader && this.readyState === OPEN) {
        const { slowLoop } = this.#dispatcher;
        if (slowLoop) await unlessAborted(signal, slowLoop.waitForRoom());
        else if (busy > LONGEST_TURN) {
          busy = 0;
          await yieldToOthers();
        } else if (chunk) {
          const start = performance.now();
          const isLong = chunk.length > PIECE_SIZE;
          interpreter.interpret(isLong ? chunk.subarray(0, PIECE_SIZE) : chunk);
          chunk = isLong ? chunk.subarray(PIECE_SIZE) : undefined;
          busy += performance.now() - start + READING_TIME;
        } else {
          chunk = toChunk(await within(this.#options.idleTimeout, 'idle-timeout', this.#reader.read()));
          if (!chunk) break;
          interpreter = this.#interpreter;
        }
      }
      return new FetchEventSourceError('end-of-stream', 'Stream ended');
    } catch (cause) {
      return toError(cause);
    }
  }

  /** What follows an attempt: decision, announcement, delay. */
  async #recover(error: FetchEventSourceError): Promise<void> {
    // First, so that what abort listeners of the attempt ask for is about what follows.
    const recovery = new AbortController();
    this.#recovery = recovery;
    this.#error = error;
    // Not with a refused response, whose body a listener may read.
    if (!error.response) this.#endAttempt();
    const isMoot = this.#isInterrupted || this.#refreshes(error);
    const decision = isMoot ? undefined : await this.#decide(recovery);
    if (!decision || this.#isInterrupted) discard(error.response);
    else if ('error' in decision) this.#fail(decision.error);
    else {
      this.#reestablish(error, decision.wait.total);
      if (!this.#isInterrupted) await delay(decision.wait, recovery.signal);
    }
    if (this.#interruption) this.#restart(this.#interruption);
  }

  /** Whether a refused token is to be refreshed and sent at once: after a 401, if a function makes it, once until a 200. */
  #refreshes({ status }: FetchEventSourceError): boolean {
    if (this.readyState === OPEN) this.#hasRefreshed = false;
    const isWanted = status === 401 && !this.#hasRefreshed && typeof this.#options.headers === 'function';
    this.#hasRefreshed ||= isWanted;
    return isWanted;
  }

  /** Asks the policy. Answers nothing if that has been interrupted. */
  async #decide(recovery: AbortController): Promise<Decision | undefined> {
    this.#failures = this.#hasDelivered || this.#interpreter.hasDelivered ? 0 : this.#failures + 1;
    const failure = this.#describe(recovery) as Failure;
    const timing = { reconnectionTime: this.state.reconnectionTime, isFromServer: this.#isRetryFromServer };
    const decided = decide(this.#options.policy, failure, timing);
    return unlessAborted<Decision | undefined>(recovery.signal, decided).catch(() => undefined);
  }

  /** https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection */
  #fail(error: FetchEventSourceError): void {
    const { hasLoops } = this.#dispatcher;
    this.close(error.code === 'end-of-stream' ? undefined : error);
    this.#dispatcher.fireError(error, error.message, undefined);
    // A loop may read the body once it has thrown the error.
    if (!hasLoops) discard(error.response);
  }

  /** https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection */
  #reestablish(error: FetchEventSourceError, reconnectIn: number): void {
    this.readyState = CONNECTING;
    const isSendable = encodeLastEventId(this.lastEventId, !!this.#options.lastEventIdParam) !== undefined;
    const message = isSendable ? error.message : `${error.message}; cannot send lastEventId`;
    this.#dispatcher.fireError(error, message, reconnectIn);
    discard(error.response);
  }

  /** What `reconnect()` asks for: as if nothing had failed, and without a wait. */
  #restart(interruption: FetchEventSourceError): void {
    this.#error = interruption;
    this.#failures = 0;
    this.#hasRefreshed = false;
    if (this.readyState !== CLOSED) this.#reestablish(interruption, 0);
    this.#interruption = undefined;
  }
}

import { onAbort, yieldToOthers } from '#platform';
import { send } from '#transport';
import { FetchEventSourceError } from '../errors/error.js';
import { discard } from '../http/discard.js';
import { encodeLastEventId } from '../http/last-event-id.js';
import { createRequest } from '../http/request.js';
import { accept } from '../http/response.js';
import type { Options } from '../options/options.js';
import { type Decision, decide, findUntil } from '../reconnect/decision.js';
import { delay, now } from '../reconnect/delay.js';
import { type Chunk, readChunk, skip, take } from '../stream/chunk.js';
import { EventStreamInterpreter, type StreamHandlers, type StreamState } from '../stream/interpreter.js';
import type { Attempt, Failure } from '../types/options.js';
import type { EventDispatcher } from './event-dispatcher.js';
import { unlessAborted, within } from './races.js';
import { CLOSED, CONNECTING, OPEN, type ReadyState } from './ready-state.js';
import { toError } from './to-error.js';

type Reader = ReadableStreamDefaultReader<unknown>;

/** In bytes or characters: a huge chunk is interpreted piece by piece, not to block the event loop (docs/decisions/0007). */
const PIECE_SIZE = 2 ** 14;

/** In milliseconds. Browsers report tasks from 50 ms on, and reading adds to our part. */
const LONGEST_TURN = 30;

/** In milliseconds, added for each piece: the clock may show nothing for a tiny one, and many must let others in, too. */
const READING_TIME = 0.002;

/**
 * The standard's processing model: attempt → outcome → decision → delay → attempt. An outcome is the error that an attempt
 * ended with, be it that the stream ended cleanly.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
 */
export class ConnectionLoop implements StreamHandlers {
  readonly #options: Options;
  readonly #dispatcher: EventDispatcher;
  readonly state: StreamState;
  readyState: ReadyState = CONNECTING;
  #isRetryFromServer = false;

  /** Its signal is what the caller's functions see. It is created on access, because it takes memory. */
  #attemptController = new AbortController();
  /** Cleared once fetch has rejected: to abort then can end a Node process by an error of undici's that nobody can catch. */
  #fetchController: AbortController | undefined;
  /** Aborts the decision and the wait that follow an attempt. */
  #recoveryController: AbortController | undefined;
  #reader: Reader | undefined;
  #interpreter: EventStreamInterpreter;
  /** Whether the attempt had delivered anything before the last `reset()`. */
  #hasDelivered = false;
  /** When the last connection was announced, by the clock of `now()`. */
  #openedAt = 0;

  /** Why the last attempt ended, and how many in a row have delivered nothing. */
  #error: FetchEventSourceError | undefined;
  #failures = 0;
  /** Whether the headers were asked for again after a 401. */
  #hasRefreshed = false;
  /** Set by `reconnect()` until a new attempt begins: the error that says so. */
  #interruption: FetchEventSourceError | undefined;
  /** Stops waiting for the caller's signal. */
  #leaveSignal: (() => void) | undefined;

  constructor(options: Options, dispatcher: EventDispatcher) {
    this.#options = options;
    this.#dispatcher = dispatcher;
    this.state = {
      lastEventId: options.lastEventId || undefined,
      reconnectionTime: options.policy.reconnectionTime,
      recentIds: options.dedupe ? new Set(options.lastEventId && [options.lastEventId]) : undefined,
    };
    this.#interpreter = new EventStreamInterpreter(this.state, this, this.#options);
    if (options.signal) this.#leaveSignal = onAbort(options.signal, (reason) => this.close(reason));
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

  /** Closes for good. `for await` loops throw the failure, if one is given. */
  close(failure?: unknown): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#dispatcher.endLoops(failure);
    this.#leaveSignal?.();
    this.#abort();
  }

  /** Ends what is under way and connects again at once. An `error` event announces it in every phase. */
  reconnect(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CONNECTING;
    this.#interruption = new FetchEventSourceError('aborted', 'reconnect()');
    this.#abort(this.#interruption);
  }

  /** Forgets a partial event. It takes effect with the next chunk. */
  reset(): void {
    this.#hasDelivered ||= this.#interpreter.hasDelivered;
    this.#interpreter = new EventStreamInterpreter(this.state, this, this.#options);
  }

  onEvent(type: string, data: string): boolean {
    const event = this.#dispatcher.createMessage(type, data, this.lastEventId);
    if (!event) this.close();
    // `done` or `parse` may have closed it.
    else if (this.readyState !== CLOSED) this.#dispatcher.deliver(event);
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

  /** Whether `close()` or `reconnect()` has made the current phase pointless. */
  get #isInterrupted(): boolean {
    return this.readyState === CLOSED || this.#interruption !== undefined;
  }

  #abort(reason?: FetchEventSourceError): void {
    this.#recoveryController?.abort(reason);
    this.#endAttempt(reason);
  }

  /** Runs the caller's abort listeners, which may call `close()` or `reconnect()`. */
  #endAttempt(reason?: FetchEventSourceError): void {
    this.#attemptController.abort(reason);
    this.#fetchController?.abort(reason);
    // T23: a caller's fetch may ignore the signal
    this.#reader?.cancel().catch(() => {});
  }

  /** Connects and announces the connection. Returns why that failed, if it did. */
  async #open(connection: AbortController): Promise<FetchEventSourceError | undefined> {
    this.#attemptController = new AbortController();
    this.#fetchController = connection;
    this.#interpreter = new EventStreamInterpreter(this.state, this, this.#options);
    this.#hasDelivered = false;
    const { signal } = connection;
    try {
      // The caller's functions or fetch may never settle: an abort must stop the time-out's timer, too.
      const connected = unlessAborted(signal, this.#connect(connection), discard);
      const response = await within(this.#options.connectTimeout, 'connect-timeout', connected);
      if (signal.aborted) discard(response);
      else this.#announce(response);
      return undefined;
    } catch (cause) {
      return toError(cause, false);
    }
  }

  async #connect(connection: AbortController): Promise<Response> {
    const { signal } = connection;
    const attempt = this.#toAttempt(this.#attemptController);
    try {
      const request = await createRequest(this.#options, attempt, this.state.lastEventId, signal);
      return accept(await send(this.#options, request), request.url);
    } catch (cause) {
      if (this.#fetchController === connection) this.#fetchController = undefined;
      throw cause;
    }
  }

  /** What the caller's functions see of an attempt. */
  #toAttempt(controller: AbortController): Attempt {
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
    this.#openedAt = now();
    this.#dispatcher.announce(response);
  }

  /**
   * Interprets until the stream ends, breaks or is no longer wanted, and returns why it ended. Each turn takes one
   * step, so that only this function is suspended while the stream is silent (docs/decisions/0009).
   */
  async #read(signal: AbortSignal): Promise<FetchEventSourceError> {
    let busy = 0;
    let chunk: Chunk | undefined;
    // Kept for the whole chunk: `reset()` takes effect with the next one.
    let interpreter = this.#interpreter;
    try {
      while (this.#reader && this.readyState === OPEN) {
        const { slowLoop } = this.#dispatcher;
        if (slowLoop) await unlessAborted(signal, slowLoop.waitForRoom());
        else if (busy > LONGEST_TURN) {
          busy = 0;
          await yieldToOthers();
        } else if (chunk) {
          const start = now();
          interpreter.interpret(take(chunk, PIECE_SIZE));
          chunk = skip(chunk, PIECE_SIZE);
          busy += now() - start + READING_TIME;
        } else {
          chunk = readChunk(await within(this.#options.idleTimeout, 'idle-timeout', this.#reader.read()));
          interpreter = this.#interpreter;
          if (chunk === undefined) break;
        }
      }
      if (this.#options.flush && this.readyState === OPEN) interpreter.end();
      return new FetchEventSourceError('end-of-stream', 'Stream ended');
    } catch (cause) {
      return toError(cause, true);
    }
  }

  /** What follows an attempt: decision, announcement, delay. */
  async #recover(error: FetchEventSourceError): Promise<void> {
    // First, because abort listeners of the attempt may call `close()` or `reconnect()`, which must stop this recovery.
    const recovery = new AbortController();
    this.#recoveryController = recovery;
    this.#error = error;
    // Not after a refused response: a listener may read its body.
    if (!error.response) this.#endAttempt();
    const isMoot = this.#isInterrupted || this.#shouldRefresh(error);
    const decision = isMoot ? undefined : await this.#decide(recovery, findUntil(error) ? 0 : 1);
    if (!decision || this.#isInterrupted) discard(error.response);
    else if ('error' in decision) this.#fail(decision.error);
    else {
      this.#reestablish(error, decision.wait.total);
      if (!this.#isInterrupted) await delay(decision.wait, recovery.signal);
    }
    if (this.#interruption) this.#reconnectNow(this.#interruption);
  }

  /** Whether to ask the `headers` function again and retry at once: after a 401, once until a connection opens. */
  #shouldRefresh({ status }: FetchEventSourceError): boolean {
    if (this.readyState === OPEN) this.#hasRefreshed = false;
    const isWanted = status === 401 && !this.#hasRefreshed && typeof this.#options.headers === 'function';
    this.#hasRefreshed ||= isWanted;
    return isWanted;
  }

  /** Asks the policy. Returns `undefined` if it was interrupted. */
  async #decide(recovery: AbortController, more: 0 | 1): Promise<Decision | undefined> {
    const { policy } = this.#options;
    const hasDelivered = this.#hasDelivered || this.#interpreter.hasDelivered;
    const isHealthy = hasDelivered && now() - this.#openedAt >= policy.healthyAfter;
    this.#failures = isHealthy ? 0 : this.#failures + more;
    const timing = { reconnectionTime: this.state.reconnectionTime, isFromServer: this.#isRetryFromServer };
    const decided = decide(policy, this.#toAttempt(recovery) as Failure, timing);
    return unlessAborted<Decision | undefined>(recovery.signal, decided).catch(() => undefined);
  }

  /** https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection */
  #fail(error: FetchEventSourceError): void {
    const { hasLoops } = this.#dispatcher;
    this.close(error.code === 'end-of-stream' ? undefined : error);
    this.#dispatcher.fireError(error, error.message, undefined);
    // A loop gets the error later and may read the body then; its queue discards the body.
    if (!hasLoops) discard(error.response);
  }

  /** https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection */
  #reestablish(error: FetchEventSourceError, reconnectIn: number | undefined): void {
    this.readyState = CONNECTING;
    const isSendable = encodeLastEventId(this.lastEventId, !!this.#options.lastEventIdParam) !== undefined;
    const message = isSendable ? error.message : `${error.message}; cannot send lastEventId`;
    this.#dispatcher.fireError(error, message, reconnectIn);
    discard(error.response);
  }

  /** Carries out `reconnect()`: forgets failures and does not wait. */
  #reconnectNow(interruption: FetchEventSourceError): void {
    this.#error = interruption;
    this.#failures = 0;
    this.#hasRefreshed = false;
    if (this.readyState !== CLOSED) this.#reestablish(interruption, 0);
    this.#interruption = undefined;
  }
}

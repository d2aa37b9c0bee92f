import type { EventSourceErrorEvent, FetchEventSource } from '../../src/index.js';
import type { FakeTime } from './fake-time.js';
import { type Connection, type Item, type RandomServer, SENTINEL } from './server.js';

const CLOSED = 2;

/** Why a source is CLOSED, and what its loops throw for that. */
export interface Ending {
  readonly cause: 'close' | 'abort' | 'leave' | 'done' | 'failure';
  readonly failure: unknown;
}

/** A loop over the source, as its body sees it. */
export interface Loop {
  readonly number: number;
  /** How many events had been dispatched before. */
  readonly start: number;
  taken: number;
  outcome: 'pending' | 'ends' | 'throws' | 'was left';
  failure?: unknown;
}

/** What the witness has to know about the source's options. */
export interface Expectations {
  readonly asksForHeaders: boolean;
  readonly hasSentinel: boolean;
  readonly wantsComments: boolean;
  readonly lastEventId: string;
}

/** Watches a source from outside and knows what it may do. */
export class Witness {
  readonly faults: string[] = [];
  /** The messages that were dispatched. */
  readonly heard: Event[] = [];
  readonly loops: Loop[] = [];
  ending: Ending | undefined;
  /** Inside `done` and `parse`, whose event has set the last event ID, but has not been dispatched yet. */
  isBeforeEvent = false;
  /** How many attempts there have been. */
  attempts = 0;
  /** Exceptions that the platform must report. */
  readonly #unreported = new Set<unknown>();

  readonly #source: FetchEventSource;
  readonly #server: RandomServer;
  readonly #time: FakeTime;
  readonly #options: Expectations;
  #readyState = 0;
  #lastEventId: string;
  /** What `parse` has made of the event that comes next. */
  #parsed: { readonly data: unknown } | { readonly error: unknown } | undefined;
  /** Of the last `open` event. */
  #opened: Connection | undefined;
  /** The same, until an `error` event. */
  #current: Connection | undefined;
  /** The attempt that the last `error` event announced. */
  #announced: { readonly at: number; readonly wait: number; isCutShort: boolean } | undefined;
  /** The last request of the current attempt. */
  #request: Connection | undefined;
  #hasRefreshed = false;
  /** When the last `error` events were fired, as far as that was at the same time. */
  readonly #errors: number[] = [];
  /** Where `reconnect()` was called, until the `error` event that says so. */
  #interruption: string | undefined;
  /** Whether `reconnect()` was called before an event, which is dispatched nevertheless. */
  #isEventDue = false;
  #isToldOfReconnect = false;
  /** Whether the event that closed the source has set the last event ID, but was not dispatched. */
  #holdsBack = false;
  /** How many of the caller's functions have not answered yet, in which attempts. */
  readonly #calls = new Set<{ readonly attempt: number }>();

  constructor(source: FetchEventSource, server: RandomServer, time: FakeTime, options: Expectations) {
    this.#source = source;
    this.#server = server;
    this.#time = time;
    this.#options = options;
    this.#lastEventId = options.lastEventId;
    const { dispatchEvent } = source;
    source.dispatchEvent = (event) => {
      try {
        return dispatchEvent.call(source, event);
      } finally {
        this.#isToldOfReconnect = false;
      }
    };
    source.addEventListener('open', (event) => this.#isMessage(event) || this.#onOpen(event.response));
    source.addEventListener('error', (event) => this.#isMessage(event) || this.#onError(event));
    for (const type of ['message', 'custom', 'messageerror']) {
      source.addEventListener(type, (event) => this.#isMessage(event));
    }
  }

  require(claim: unknown, fault: string): void {
    if (!claim) this.faults.push(fault);
  }

  // What the driver does

  /** Before whatever closes the source. */
  onEnd(cause: Ending['cause'], failure?: unknown): void {
    if (this.#source.readyState === CLOSED) return;
    this.ending = { cause, failure };
    this.#holdsBack = this.isBeforeEvent;
  }

  /** Before `reconnect()`. */
  onReconnect(where: string): void {
    // In a listener of the event that tells of reconnect(), there is nothing yet to interrupt.
    if (this.#source.readyState === CLOSED || this.#isToldOfReconnect) return;
    this.#interruption = where;
    this.#isEventDue = this.isBeforeEvent;
    this.#readyState = 0;
    if (this.#current) this.#current.isGivenUp = true;
  }

  onOnline(): void {
    if (this.#announced) this.#announced.isCutShort = true;
  }

  /** The caller has been asked something, and answers when the returned function is called. */
  onCall(): () => void {
    const call = { attempt: this.attempts };
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }

  expectReport(exception: unknown): void {
    this.#unreported.add(exception);
  }

  /** The platform reports an exception or an unhandled rejection. */
  onReport(exception: unknown): void {
    this.require(this.#unreported.delete(exception), `reported, though nobody threw it there: ${exception}`);
  }

  get current(): Connection | undefined {
    return this.#current;
  }

  // What the source does

  onParse(result: { readonly data: unknown } | { readonly error: unknown }): void {
    this.#parsed = result;
  }

  onAttempt(): void {
    this.attempts++;
    const { now } = this.#time;
    this.require(!this.ending, 'an attempt of a closed source');
    if (this.#announced) {
      const { at, wait, isCutShort } = this.#announced;
      const least = isCutShort ? Math.min(wait, this.#source.reconnectionTime) : wait;
      this.require(now >= at + least, `an attempt ${now - at} ms after the error, not after ${least}`);
      this.require(now <= at + wait + 1, `an attempt ${now - at} ms after the error, not after ${wait}`);
    } else if (this.attempts > 1) {
      const mayRefresh = this.#options.asksForHeaders && !this.#hasRefreshed && this.#request?.status === 401;
      this.require(mayRefresh, 'an attempt that no error event has announced');
      this.#hasRefreshed = true;
    }
    this.#announced = undefined;
    this.#request = undefined;
  }

  onRequest(connection: Connection): void {
    for (const { number, isLive } of this.#server.connections) {
      this.require(!isLive, `connection ${number} is still live when fetch ${connection.number} is called`);
    }
    this.require(!this.ending, 'a request of a closed source');
    this.require(!connection.signal.aborted, 'a request that has been aborted before');
    this.#request = connection;
    const ids = this.#plausibleIds();
    this.require(ids.includes(connection.lastEventId), `resumed from ${connection.lastEventId}, not ${ids}`);
    this.#lastEventId = connection.lastEventId;
  }

  onComment(comment: string): void {
    this.#observe('a comment');
    this.require(!this.#interruption, 'a comment after reconnect()');
    const item = this.#takeItem();
    this.require(item?.comment === comment, `comment ${comment} in place of ${JSON.stringify(item)}`);
  }

  #onOpen(response: Response | undefined): void {
    const { readyState } = this.#source;
    this.require(!this.ending, 'open after the end');
    this.require(this.#readyState === 0 && readyState === 1, `open: ${this.#readyState} → ${readyState}`);
    this.require(!this.#interruption, 'open after reconnect()');
    this.#readyState = 1;
    this.#hasRefreshed = false;
    this.#opened = this.#server.connections.find((connection) => connection.response === response);
    this.#current = this.#opened;
    this.require(
      this.#current && this.#current === this.#server.connections.at(-1),
      'open for another response',
    );
  }

  /** Whether it is a message, and then what it should be. */
  #isMessage(event: Event): boolean {
    if (!('data' in event)) return false;
    const { type, data, lastEventId, error } = event as MessageEvent & { error?: unknown };
    const isLate = this.#isEventDue;
    this.#isEventDue = false;
    this.#observe(`message ${show(data)}`);
    this.require(isLate || !this.#interruption, `message ${show(data)} after reconnect()`);
    this.require(
      this.#source.readyState === 1 || isLate,
      `message ${show(data)} while ${this.#source.readyState}`,
    );
    const item = this.#takeItem();
    const expected = {
      ...item?.event,
      ...(this.#parsed &&
        ('error' in this.#parsed ? { type: 'messageerror', ...this.#parsed } : this.#parsed)),
      lastEventId: this.#lastEventId,
    };
    this.#parsed = undefined;
    const actual = { type, data, ...(error !== undefined && { error }), lastEventId };
    const [is, should] = [show(actual), show(expected)];
    this.require(item && is === should, `message ${is} in place of ${should}`);
    const { lastEventId: own } = this.#source;
    this.require(own === lastEventId, `lastEventId is ${own} in event ${lastEventId}`);
    this.heard.push(event);
    return true;
  }

  #onError({ error, reconnectIn }: EventSourceErrorEvent): void {
    const { readyState, reconnectionTime } = this.#source;
    const code = error?.code ?? '';
    this.#requireTimeToPass();
    this.require(!this.ending, `error ${code} after the end`);
    this.require(
      readyState === (reconnectIn === undefined ? 2 : 0),
      `error ${code}: state ${readyState}, in ${reconnectIn}`,
    );
    this.require(code, 'an error event without a code');
    if (this.#interruption) {
      this.require(
        code === 'aborted' && reconnectIn === 0,
        `error ${code} in ${reconnectIn} after reconnect()`,
      );
      this.#hasRefreshed = false;
      this.#isToldOfReconnect = true;
    } else {
      this.require(
        reconnectIn === undefined || reconnectIn >= reconnectionTime,
        `error ${code}: in ${reconnectIn}`,
      );
      this.#requireWhole(code);
    }
    this.#interruption = this.#current = undefined;
    this.#readyState = readyState;
    if (reconnectIn !== undefined)
      this.#announced = { at: this.#time.now, wait: reconnectIn, isCutShort: false };
    else this.ending = { cause: 'failure', failure: code === 'end-of-stream' ? undefined : error };
  }

  /** A source that fails over and over without a wait would never let the test end. */
  #requireTimeToPass(): void {
    const { now } = this.#time;
    if (this.#errors[0] !== now) this.#errors.length = 0;
    if (this.#errors.push(now) < 100) return;
    this.faults.push('100 error events at once');
    this.#source.close();
  }

  /** Whatever came as a whole must have been delivered when the stream ends. */
  #requireWhole(code: string): void {
    if (!this.#current || this.#current.isGivenUp || this.#current.state === 'open') return;
    const item = this.#takeItem();
    this.require(!item, `error ${code}, and ${JSON.stringify(item)} was not delivered`);
  }

  /** The next of what was sent that the caller gets to know. */
  #takeItem(): Item | undefined {
    const { wantsComments } = this.#options;
    for (let item = this.#nextItem(); item; item = this.#nextItem()) {
      if (item.id !== undefined) this.#lastEventId = `${item.id}`;
      if (item.event || (wantsComments && item.comment !== undefined)) return item;
    }
    return undefined;
  }

  #nextItem(): Item | undefined {
    const connection = this.#current;
    return connection?.sent[connection.heard++];
  }

  /** The last event ID as of the last event, or one that came without an event since. */
  #plausibleIds(): string[] {
    const ids = [this.#lastEventId];
    const { sent, heard } = this.#opened ?? { sent: [], heard: 0 };
    for (const { id, event } of sent.slice(heard)) {
      if (event && !this.#holdsBack) break;
      if (id !== undefined) ids.push(`${id}`);
      if (event) break;
    }
    return ids;
  }

  /** At any time. */
  #observe(what: string): void {
    this.require(!this.ending, `${what} after the end`);
    this.#requireLegalState();
  }

  #requireLegalState(): void {
    const { readyState } = this.#source;
    const isLegal = readyState === this.#readyState || (readyState === CLOSED && this.#readyState !== CLOSED);
    this.require(isLegal, `readyState ${this.#readyState} → ${readyState}`);
    this.#readyState = readyState;
  }

  /** When nothing but time or the server can bring anything new. */
  check(): void {
    this.#noticeSentinel();
    this.#requireLegalState();
    const { readyState, lastEventId } = this.#source;
    const live = this.#server.connections.filter(({ isLive }) => isLive);
    this.require(live.length <= 1, `${live.length} live connections`);
    const ids = this.#plausibleIds();
    this.require(ids.includes(lastEventId), `lastEventId is ${lastEventId}, not ${ids}`);
    this.require(
      (readyState === CLOSED) === !!this.ending,
      `readyState ${readyState}, ${this.ending?.cause}`,
    );
    for (const exception of this.#unreported) this.faults.push(`not reported: ${exception}`);
    if (this.ending) this.#requireNoConnection(live);
    else this.#requireProgress(live);
  }

  /** A sentinel given as a text closes the source without a word. */
  #noticeSentinel(): void {
    if (this.ending || this.#source.readyState !== CLOSED || !this.#options.hasSentinel) return;
    const next = this.#current?.sent.slice(this.#current.heard).find(({ event }) => event);
    if (next?.event?.data === SENTINEL) this.ending = { cause: 'done', failure: undefined };
    this.#holdsBack = !!this.ending;
  }

  #requireNoConnection(live: readonly Connection[]): void {
    // Loops may read the body of the response that was refused at last.
    this.require(!live.some(({ isRefused }) => !isRefused), 'a live connection of a closed source');
  }

  #requireProgress(live: readonly Connection[]): void {
    this.require(!this.#interruption, `reconnect() in ${this.#interruption} without an error event`);
    const isAsked = [...this.#calls].some(({ attempt }) => attempt === this.attempts);
    this.require(isAsked || this.#announced || live.length || this.#isSlow, 'nothing is under way');
    if (this.#announced) {
      const overdue = this.#time.now - this.#announced.at - this.#announced.wait - 1;
      this.require(overdue <= 0, `the announced attempt is ${overdue} ms overdue`);
    }
    const { current } = this;
    const isGreedy = this.#isSlow && current?.state === 'open' && current.isUnbuffered && current.isAwaited;
    this.require(!isGreedy, 'a chunk is read although a loop has 64 events waiting');
  }

  /** Whether a loop has so many events waiting that nothing more is read. */
  get #isSlow(): boolean {
    return this.loops.some(
      ({ outcome, start, taken }) => outcome === 'pending' && this.heard.length - start - taken >= 64,
    );
  }

  // Loops

  onLoopEvent(loop: Loop, event: Event): void {
    const expected = this.heard[loop.start + loop.taken++];
    this.require(event === expected, `loop ${loop.number} gets ${show(event)} in place of ${show(expected)}`);
  }

  /** When the source has been closed, and everybody had their time. */
  checkEnd(): void {
    this.check();
    for (const loop of this.loops) this.#checkLoop(loop);
    this.require(!this.#time.timers, `${this.#time.timers} timers are left`);
  }

  checkBodies(): void {
    for (const { number, state, isTaken, response } of this.#server.connections) {
      this.require(state !== 'open' || isTaken || !response, `the body of response ${number} is left alone`);
    }
  }

  #checkLoop({ number, outcome, failure, start, taken }: Loop): void {
    this.require(outcome !== 'pending', `loop ${number} does not settle`);
    if (outcome === 'pending' || outcome === 'was left') return;
    const expected = this.ending?.failure;
    const should = expected === undefined ? 'ends' : 'throws';
    this.require(
      outcome === should && failure === expected,
      `loop ${number} ${outcome} ${failure}, not ${expected}`,
    );
    const left = this.heard.length - start - taken;
    this.require(!left, `loop ${number} has not got the last ${left} events`);
  }
}

/** As JSON, with errors as they describe themselves, and with functions. */
export function show(value: unknown): string {
  return JSON.stringify(value, (_, member) => {
    if (typeof member === 'function') return '()';
    return member instanceof Error ? `${member}` : member;
  });
}

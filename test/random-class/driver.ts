import {
  type Attempt,
  type EventSourceErrorEvent,
  FetchEventSource,
  type FetchEventSourceInit,
  type ReconnectOptions,
} from '../../src/index.js';
import type { Choices } from './choices.js';
import { FakeTime, replace, turn } from './fake-time.js';
import { type Client, type Connection, RandomServer, SENTINEL } from './server.js';
import { type Loop, show, Witness } from './witness.js';

/** What the driver throws. */
class Mishap extends Error {}

const RARE = [
  'close',
  'abort',
  'leave a loop',
  'start a loop',
  'resume a loop',
  'go online',
  'answer late',
] as const;
const FREQUENT = ['reconnect', 'reset', 'write', 'throw'] as const;

/** What the caller's code may do to a source wherever it is called. */
const ACTIONS = [...RARE, ...FREQUENT, ...FREQUENT];
type Action = (typeof ACTIONS)[number];

/** What becomes of an exception of the caller's code. */
type Thrown = 'caught' | 'reported';

/** A loop, and what the driver can do to it. */
interface DrivenLoop extends Loop {
  readonly iterator: AsyncIterator<Event>;
  /** From outside. */
  readonly canBeLeft: boolean;
  resume?: (() => void) | undefined;
}

/** Where `online` events come from. */
class Page extends EventTarget {
  listeners = 0;

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listeners++;
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.listeners--;
    super.removeEventListener(...args);
  }
}

/** One source, driven at random over a random server until it is closed. */
export class Driver implements Client {
  readonly choices: Choices;
  readonly lines: string[] = [];
  readonly hasSentinel: boolean;
  readonly time: FakeTime = new FakeTime();
  readonly #server: RandomServer;
  readonly #witness: Witness;
  readonly #source: FetchEventSource;
  readonly #controller = new AbortController();
  readonly #page = new Page();
  /** How many listeners the caller's signal has. */
  #signalListeners = 0;
  readonly #loops: DrivenLoop[] = [];
  /** What somebody waits for until the driver says so. */
  readonly #deferred = new Map<() => void, string>();
  /** How often the caller's code does something, and how much of that is left. */
  readonly #rate: number;
  #actions = 12;
  /** Sequences that go on for long must not be closed too soon. */
  readonly #endRate: number;
  /** How often the next step comes before the source has done all it can. */
  readonly #haste: number;
  /** How often a loop pauses. */
  readonly #laziness: number;
  /** Inside the source's own loop over a chunk. */
  #isInterpreting = false;
  #mishaps = 0;
  /** Whether a function tells of attempts before `fetch` does. */
  #hasFunctions = false;
  /** Whether everything is to come to its end. */
  #isOver = false;

  constructor(choices: Choices) {
    this.choices = choices;
    this.#rate = choices.pick([0.1, 0.3, 0.6]);
    this.#endRate = choices.pick([0, 0.1, 1]);
    this.#haste = choices.pick([0, 0.3, 0.9]);
    this.#laziness = choices.pick([0.1, 0.5]);
    this.hasSentinel = choices.chance(0.3);
    this.#server = new RandomServer(this);
    this.#countListeners(this.#controller.signal);
    const init = this.#createInit();
    if (choices.chance(0.03)) this.#controller.abort();
    if (choices.chance(0.2)) this.#listenForAbort();
    const { headers, onComment, lastEventId = '', fetch: _fetch, signal: _signal, ...described } = init;
    this.log(`options ${show(described)}`);
    this.#source = new FetchEventSource('https://source.test/stream', init);
    this.#witness = new Witness(this.#source, this.#server, this.time, {
      asksForHeaders: typeof headers === 'function',
      hasSentinel: this.hasSentinel,
      wantsComments: !!onComment,
      lastEventId,
    });
    if (this.#controller.signal.aborted) {
      this.#witness.ending = { cause: 'abort', failure: this.#controller.signal.reason };
    }
    this.#listen();
    if (choices.chance(0.3)) this.#startLoop();
    if (choices.chance(0.2)) this.#listenForAbort();
  }

  get faults(): readonly string[] {
    return this.#witness.faults;
  }

  log(line: string): void {
    this.lines.push(`${this.time.now} ms: ${line}`);
  }

  onReport(exception: unknown): void {
    this.#witness.onReport(exception);
  }

  onRequest(connection: Connection, isHop: boolean): void {
    if (!this.#hasFunctions && !isHop) this.#witness.onAttempt();
    this.#witness.onRequest(connection);
  }

  // What the caller's code does

  act(where: string, thrown?: Thrown): void {
    if (!this.#actions || !this.choices.chance(this.#rate)) return;
    this.#actions--;
    this.#actNow(where, thrown);
  }

  #actNow(where: string, thrown?: Thrown): void {
    const action = this.choices.pick(ACTIONS);
    if (/close|abort|leave/.test(action) && !this.choices.chance(this.#endRate)) return;
    if (action === 'throw' && !thrown) return;
    this.log(`${action} in ${where}`);
    if (action === 'throw') this.#throw(thrown);
    else this.#deeds[action](where);
  }

  #throw(thrown: Thrown | undefined): never {
    const mishap = new Mishap(`mishap ${++this.#mishaps}`);
    if (thrown === 'reported') this.#witness.expectReport(mishap);
    throw mishap;
  }

  readonly #deeds: Record<Exclude<Action, 'throw'>, (where: string) => void> = {
    close: () => {
      this.#witness.onEnd('close');
      this.#source.close();
    },
    abort: () => this.#abort(),
    reconnect: (where) => {
      this.#witness.onReconnect(where);
      this.#source.reconnect();
    },
    reset: () => this.#reset(),
    'start a loop': () => this.#startLoop(),
    'resume a loop': () => this.choices.pick(this.#loops)?.resume?.(),
    'leave a loop': (where) => this.#leaveLoop(where),
    write: () => this.#server.step(),
    'answer late': () => this.choices.pick([...this.#deferred.keys()])?.(),
    'go online': () => {
      this.#witness.onOnline();
      this.#page.dispatchEvent(new Event('online'));
    },
  };

  #abort(): void {
    const reason = this.choices.pick([new DOMException('over', 'AbortError'), new Error('enough')]);
    if (!this.#controller.signal.aborted) this.#witness.onEnd('abort', reason);
    this.#controller.abort(reason);
  }

  #reset(): void {
    const { current } = this.#witness;
    if (current && !current.isResettable(this.#isInterpreting)) return;
    this.#source.reset();
    current?.rewind();
  }

  later<T>(what: string, make: () => T): T | Promise<T> {
    switch (this.choices.pick(['now', 'now', 'now', 'soon', 'late', 'never'] as const)) {
      case 'now':
        return make();
      case 'soon':
        return passMicrotasks(this.choices.below(8)).then(make);
      case 'late':
        this.log(`${what} takes a while`);
        return new Promise((resolve) => this.#defer(what, resolve)).then(make);
      case 'never':
        this.log(`${what} never settles`);
        return new Promise(() => {});
    }
  }

  #defer(what: string, resolve: (value: unknown) => void): void {
    const release = () => {
      this.#deferred.delete(release);
      this.log(`${what} goes on`);
      resolve(undefined);
    };
    this.#deferred.set(release, what);
  }

  // The options

  #createInit(): FetchEventSourceInit {
    const { choices } = this;
    const init: FetchEventSourceInit = {
      fetch: this.#server.fetch as typeof fetch,
      signal: this.#controller.signal,
      ...(this.hasSentinel && { done: SENTINEL }),
      ...choices.pick([{}, {}, { method: 'PUT' }, { method: 'POST' }]),
      ...choices.pick([{}, {}, { lastEventId: '3' }]),
      ...choices.pick([{}, {}, { lastEventIdParam: 'since' }]),
      ...choices.pick([{}, {}, { connectTimeout: 10 }, { connectTimeout: 2000 }]),
      ...choices.pick([{}, {}, { idleTimeout: 10 }, { idleTimeout: 2000 }]),
      ...choices.pick<FetchEventSourceInit>([
        {},
        { reconnect: true },
        { reconnect: this.#createPolicy() },
        { reconnect: this.#createPolicy() },
      ]),
    };
    if (choices.chance(0.05)) init.reconnect = false;
    const hasHeaders = choices.chance(0.4);
    if (hasHeaders) {
      init.headers = (attempt) => this.#ask('headers', { Authorization: 'Bearer token' }, attempt, true);
    }
    if (init.method && choices.chance(0.5)) {
      init.body = (attempt) => this.#ask('body', 'text', attempt, !hasHeaders);
    }
    this.#hasFunctions = !!(init.headers ?? init.body);
    if (choices.chance(0.5)) {
      init.onComment = (comment) => {
        this.#witness.onComment(comment);
        this.#interpret('onComment', 'reported');
      };
    }
    if (choices.chance(0.3)) init.parse = (data) => this.#parse(data);
    if (this.hasSentinel && choices.chance(0.5)) init.done = ({ data }) => this.#isDone(data);
    return init;
  }

  #createPolicy(): ReconnectOptions {
    const { choices } = this;
    return {
      reconnectionTime: choices.pick([10, 0, 1000]),
      maxBackoff: choices.pick([30_000, 0]),
      ...choices.pick([{}, {}, { maxFailures: 2 }]),
      ...(choices.chance(0.5) && {
        shouldReconnect: (failure) =>
          this.#ask('shouldReconnect', choices.pick([undefined, undefined, true, 5, false]), failure, false),
      }),
    };
  }

  /** A function that the source asks at each attempt. */
  #ask<T>(what: string, answer: T, { signal }: Attempt, beginsAttempt: boolean): T | Promise<T> {
    this.log(`${what}()`);
    if (beginsAttempt) this.#witness.onAttempt();
    const end = this.#witness.onCall();
    try {
      if (this.choices.chance(0.2)) {
        signal.addEventListener('abort', () => this.act(`an abort listener of ${what}`, 'reported'));
      }
      this.act(what, 'caught');
      return this.later(what, () => {
        end();
        this.act(`${what}, late`, 'caught');
        return answer;
      });
    } catch (error) {
      end();
      throw error;
    }
  }

  #interpret(where: string, thrown: Thrown): void {
    this.#isInterpreting = true;
    this.#witness.isBeforeEvent = /^(parse|done)$/.test(where);
    try {
      this.act(where, thrown);
    } finally {
      this.#isInterpreting = this.#witness.isBeforeEvent = false;
    }
  }

  #parse(data: string): never {
    try {
      this.#interpret('parse', 'caught');
    } catch (error) {
      this.#witness.onParse({ error });
      throw error;
    }
    const parsed = { text: data };
    this.#witness.onParse({ data: parsed });
    // Tests of types are elsewhere.
    return parsed as never;
  }

  #isDone(data: string): boolean {
    this.#interpret('done', 'reported');
    if (data !== SENTINEL) return false;
    this.#witness.isBeforeEvent = true;
    this.#witness.onEnd('done');
    this.#witness.isBeforeEvent = false;
    return true;
  }

  #listen(): void {
    const on = (event: Event, who: string) => {
      const where = `a ${event.type} ${who}`;
      if ('data' in event) this.#interpret(where, 'reported');
      else this.act(where, 'reported');
    };
    for (const type of ['open', 'message', 'custom', 'messageerror', 'error']) {
      this.#source.addEventListener(type, (event) => {
        this.log(
          `${type} ${(event as MessageEvent).data ?? (event as Partial<EventSourceErrorEvent>).error?.code ?? ''}`,
        );
        on(event, 'listener');
      });
    }
    this.#source.addEventListener('error', ({ error }) => {
      if (!error?.response || !this.choices.chance(0.2)) return;
      const refused = this.#server.connections.find(({ response }) => response === error.response);
      if (refused?.state !== 'open') return;
      this.log(`somebody reads the body of response ${refused.number}`);
      refused.isTaken = true;
      void error.response.text().catch(() => {});
    });
    if (this.choices.chance(0.5)) return;
    this.#source.onopen = (event) => on(event, 'handler');
    this.#source.onmessage = (event) => on(event, 'handler');
    this.#source.onerror = (event) => on(event, 'handler');
  }

  #listenForAbort(): void {
    // One that is not counted.
    const listener = () => this.act('an abort listener', 'reported');
    AbortSignal.prototype.addEventListener.call(this.#controller.signal, 'abort', listener);
  }

  #countListeners(signal: AbortSignal): void {
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: unknown[]) => {
      this.#signalListeners++;
      Reflect.apply(addEventListener, signal, args);
    };
    signal.removeEventListener = (...args: unknown[]) => {
      this.#signalListeners--;
      Reflect.apply(removeEventListener, signal, args);
    };
  }

  // Loops

  #startLoop(): void {
    const number = this.#loops.length + 1;
    if (number > 3) return;
    const start = this.#witness.heard.length;
    const iterator = this.#source[Symbol.asyncIterator]();
    const canBeLeft = this.choices.chance(0.5);
    const loop: DrivenLoop = { number, start, taken: 0, outcome: 'pending', iterator, canBeLeft };
    this.#loops.push(loop);
    this.#witness.loops.push(loop);
    void this.#runLoop(loop, iterator);
  }

  async #runLoop(loop: DrivenLoop, events: AsyncIterableIterator<Event>): Promise<void> {
    const where = `loop ${loop.number}`;
    try {
      // Whoever leaves a loop from outside calls return(), which a `for await` does only from inside.
      if (loop.canBeLeft) {
        for (let next = await events.next(); !next.done; next = await events.next()) {
          await this.#takeInLoop(loop, next.value);
        }
      } else {
        for await (const event of events) {
          await this.#takeInLoop(loop, event);
          if (!this.#isOver && this.choices.chance(0.05)) {
            this.#onLeave(loop, where);
            if (this.choices.chance(0.5)) throw new Mishap('in a loop');
            break;
          }
        }
      }
      if (loop.outcome === 'pending') loop.outcome = 'ends';
    } catch (failure) {
      if (loop.outcome === 'pending') Object.assign(loop, { outcome: 'throws', failure });
    }
    this.log(`${where} ${loop.outcome}`);
  }

  async #takeInLoop(loop: DrivenLoop, event: Event): Promise<void> {
    this.#witness.onLoopEvent(loop, event);
    this.act(`loop ${loop.number}`);
    if (this.#isOver || !this.choices.chance(this.#laziness)) return;
    this.log(`loop ${loop.number} pauses`);
    await new Promise<void>((resolve) => {
      loop.resume = resolve;
    });
  }

  #onLeave(loop: DrivenLoop, where: string): void {
    this.log(`${where} is left`);
    loop.outcome = 'was left';
    this.#witness.onEnd('leave');
  }

  #leaveLoop(where: string): void {
    const loop = this.#loops.find(({ canBeLeft, outcome }) => canBeLeft && outcome === 'pending');
    if (!loop) return;
    this.#onLeave(loop, where);
    void loop.iterator.return?.();
  }

  // The sequence

  async run(): Promise<void> {
    const restore = [
      this.time.install(() => this.choices.number()),
      replace(globalThis, 'addEventListener', this.#page.addEventListener.bind(this.#page)),
      replace(globalThis, 'removeEventListener', this.#page.removeEventListener.bind(this.#page)),
    ];
    try {
      const steps = this.choices.below(40);
      for (let step = 0; step < steps && !this.faults.length; step++) await this.#step();
      if (!this.faults.length) await this.#finish();
    } finally {
      this.#isOver = true;
      this.#actions = 0;
      this.#source.close();
      await turn();
      for (const one of restore) one();
    }
  }

  async #step(): Promise<void> {
    const kind = this.choices.pick([
      'write',
      'write',
      'write',
      'act',
      'pass time',
      'answer late',
      'resume a loop',
    ] as const);
    if (kind === 'act') this.#actNow('between');
    else if (kind === 'pass time') await this.#passTime(this.choices.pick([1, 10, 100, 3000, 40_000]));
    else this.#deeds[kind]('between');
    if (this.choices.chance(this.#haste)) await passMicrotasks(this.choices.below(12));
    else await this.#settle();
  }

  async #settle(): Promise<void> {
    await turn();
    this.#witness.check();
  }

  async #passTime(duration: number): Promise<void> {
    this.log(`${duration} ms pass`);
    // Time passes only between tasks.
    await this.#settle();
    const end = this.time.now + duration;
    while (!this.faults.length && this.time.fireNext(end - this.time.now)) await this.#settle();
    this.time.now = end;
  }

  async #finish(): Promise<void> {
    const end = this.choices.pick(['close', 'abort', 'leave a loop'] as const);
    this.#actions = 0;
    this.#isOver = true;
    await this.#settle();
    this.log(`${end} at last`);
    this.#deeds[end]('the end');
    this.#deeds.close('the end');
    await this.#settle();
    for (const release of this.#deferred.keys()) release();
    for (const loop of this.#loops) loop.resume?.();
    await this.#settle();
    // A refused body is held for one more task.
    await this.#passTime(1);
    this.#witness.checkBodies();
    this.#source.reconnect();
    this.#source.reset();
    this.#source.close();
    this.#loops.length = 0;
    this.#startLoop();
    await this.#settle();
    await this.#passTime(1);
    this.#witness.checkEnd();
    this.#witness.require(
      !this.#signalListeners,
      `${this.#signalListeners} listeners on the caller's signal`,
    );
    this.#witness.require(!this.#page.listeners, `${this.#page.listeners} listeners for online events`);
  }
}

async function passMicrotasks(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed++) await undefined;
}

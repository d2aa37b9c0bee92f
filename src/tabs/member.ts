import type { Call } from './call.js';
import { Caller } from './caller.js';
import { CatchUp } from './catch-up.js';
import type { Environment, PageEvent } from './environment.js';
import { Leader } from './leader.js';
import { Memory } from './memory.js';
import type { Entry, Head, Item, Message } from './message.js';
import { Seat } from './seat.js';

/** Those that only a leader sends, or one who is about to be. */
const FROM_LEADER = /^(roll|state|lead|batch|down)$/;

/**
 * One call of the shared `fetch`: a member of the group. It follows whoever leads, and waits for the lock to lead itself
 * (docs/decisions/0016).
 */
export class Member {
  readonly name: string;
  readonly call: Call;
  readonly caller: Caller;
  readonly memory: Memory = new Memory();
  /** The leadership that it follows: its number, the one before, and where it passed over. */
  epoch = 0;
  #previous = 0;
  #base = 0;
  /** The latest leadership that it has heard of. */
  seen = 0;

  readonly #environment: Environment;
  readonly #id: number;
  readonly #onEnd: (hasFailed: boolean) => void;
  readonly #seat: Seat<Leader>;
  #head: Head | undefined;
  #retry: number | undefined;
  #catchUp: CatchUp | undefined;
  /** Whether its position means nothing to the leader. */
  #isLost = true;
  /** What its caller has got beyond what the leader knew of. It will come again. */
  #ahead: Entry[] = [];
  readonly #stopObserving: () => void;
  #hasEnded = false;

  constructor(name: string, call: Call, environment: Environment, onEnd: (hasFailed: boolean) => void) {
    this.name = name;
    this.call = call;
    this.#environment = environment;
    this.#onEnd = onEnd;
    this.caller = new Caller(call.id, () => this.end());
    this.#id = environment.random();
    this.#stopObserving = environment.observe((event) => this.#observe(event));
    this.#seat = new Seat(name, environment, this);
    this.#enter();
  }

  /** Whether it can go on where the group is. */
  get isInStep(): boolean {
    return !this.#isLost && !this.#catchUp;
  }

  post(message: Omit<Message, 'from' | 'epoch'> & { epoch?: number }): void {
    const { epoch, memory } = this;
    const stamp = { previous: this.#previous, base: this.#base, position: memory.position };
    this.#seat.post({ epoch, ...stamp, ...message, from: this.#id });
  }

  /** Asks the leader, or another member, for what it lacks. */
  ask(to?: number): void {
    this.#seat.hasAsked = true;
    const position = this.#isLost ? undefined : this.memory.position;
    this.post({ type: 'ask', to, position, id: this.caller.lastId });
  }

  receive(message: Message): void {
    const { type, to, epoch } = message;
    this.seen = Math.max(this.seen, epoch);
    const isFromLeader = FROM_LEADER.test(type);
    if (isFromLeader) this.#seat.hear();
    if (to !== undefined && to !== this.#id) return;
    this.#seat.leader?.receive(message);
    if (!isFromLeader || type === 'roll') this.#respond(message);
    else if (epoch >= this.epoch) this.#obey(message);
  }

  lead(): Leader {
    return new Leader(this, this.#environment);
  }

  /** Begins to lead. */
  begin(): void {
    const { memory } = this;
    this.#previous = this.isInStep ? this.epoch : 0;
    if (!this.isInStep) {
      memory.reset(0, this.caller.lastId);
      this.#ahead = [];
    }
    this.#isLost = false;
    this.#stopCatchingUp();
    this.#base = memory.position;
    // One who has just come may have heard of no leadership, but has the same clock.
    const least = Math.max(this.seen + 1, this.#environment.now());
    this.epoch = Math.floor(least) + this.#environment.random();
    this.announce();
  }

  /** Says that it leads, and whether it has a response. */
  announce(): void {
    this.post({ type: 'lead', head: this.#seat.leader?.isLive ? this.#head : undefined });
  }

  /** Answers the caller with a stream, unless it has one. */
  open(head: Head): void {
    this.#head = head;
    this.caller.open(head);
  }

  /** Writes to the caller's stream. */
  write(text: string): void {
    // A reader that is this far behind comes again where it is. Meanwhile the others go on.
    if (!this.caller.write(text))
      this.fail({}, Object.assign(new Error('Slow'), { until: Promise.resolve() }));
  }

  /** Takes what the leader has got, apart from what it has already. */
  take(position: number, items: readonly Item[]): void {
    const { memory } = this;
    let next = position;
    let text = '';
    for (const item of items) {
      if (typeof item === 'object') {
        if (next++ === memory.position) text += this.#takeEntry(item);
      } else if (next >= memory.position) text += this.#takeOther(item);
    }
    if (this.#catchUp) this.#catchUp.match();
    else if (text) this.write(text);
  }

  /** Goes on from a position in the memory, which it has reached by itself. */
  join(position: number): void {
    this.#stopCatchingUp();
    if (this.#head) this.open(this.#head);
    const texts = this.memory.after(position).map((entry) => this.caller.toText(entry));
    this.write(texts.join(''));
  }

  /** The connection is down: it tells its caller so, and is no member any more. */
  fail(how: Pick<Message, 'head' | 'isEnd'>, cause?: unknown, response?: Response): void {
    this.caller.fail(how, cause ?? new TypeError('The shared connection broke'), response);
    this.end(true);
  }

  /** Leaves the group. */
  end(hasFailed = false): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#stopObserving();
    this.#leave();
    this.#onEnd(hasFailed);
  }

  #takeEntry(entry: Entry): string {
    const isOwn = this.memory.add(entry, this.#environment.now());
    if (this.#catchUp) return '';
    if (isOwn && this.#ahead.length) {
      const index = this.#ahead.findIndex(([text, id]) => text === entry[0] && id === entry[1]);
      // The first that is unknown is new, and so is all that follows.
      this.#ahead = index < 0 ? [] : this.#ahead.slice(index + 1);
      if (index >= 0) return '';
    }
    return this.caller.toText(entry);
  }

  #takeOther(item: string | number): string {
    if (typeof item === 'string') return item;
    this.#retry = item;
    return `retry: ${item}\n\n`;
  }

  #enter(): void {
    this.#seat.take();
    this.ask();
  }

  #leave(): void {
    this.#seat.leave();
    this.#stopCatchingUp();
  }

  #stopCatchingUp(): void {
    this.#catchUp?.stop();
    this.#catchUp = undefined;
  }

  #observe(event: PageEvent): void {
    if (event === 'hide') {
      // It may have got more by itself than the group.
      this.#isLost ||= !!this.#catchUp;
      this.#leave();
    } else if (event === 'show') this.#enter();
    else if (this.#environment.isVisible()) this.post({ type: 'here', isVisible: true });
    else this.#seat.leader?.lookForVisible();
  }

  #respond(message: Message): void {
    const { type, from: to } = message;
    const isVisible = this.#environment.isVisible();
    const epoch = this.isInStep ? this.epoch : 0;
    if (type === 'roll' || (type === 'who' && isVisible))
      this.post({ type: 'here', to, epoch, id: this.caller.lastId, isVisible });
    else if (type === 'ask') this.#serve(message);
    else if (type === 'claim' && !this.#seat.leader) this.#seat.queue(true);
  }

  /** Brings a member up to date. */
  #serve(message: Message): void {
    const { memory } = this;
    const { leader } = this.#seat;
    const isMine = message.to !== undefined || leader?.isLive;
    if (!isMine) {
      if (leader) this.announce();
    } else if (!this.#isLost) {
      const found = this.#find(message);
      const position = found ?? memory.position;
      const items = found === undefined && message.id ? undefined : memory.after(position);
      const [id, retry, head] = [memory.idAt(position), this.#retry, this.#head];
      this.post({ type: 'state', to: message.from, position, id, retry, head, items });
    }
  }

  /** Where the sender is: its position, if that means something here, or else where its last event ID is. */
  #find({ epoch, position = -1, id }: Message): number | undefined {
    const isKnown = epoch === this.epoch || (epoch === this.#previous && position <= this.#base);
    return isKnown && this.memory.has(position) ? position : this.memory.find(id);
  }

  /** Begins to follow a new leader. */
  #follow({ epoch, previous, base = 0 }: Message): void {
    const { memory } = this;
    const isNext = previous === this.epoch && !this.#isLost;
    this.epoch = epoch;
    this.#previous = previous ?? 0;
    this.#base = base;
    this.#seat.hasAsked = false;
    if (isNext && memory.position <= base) return;
    // Without an ID, what it has would not come again, and nor what follows that.
    this.#isLost = !isNext || !memory.has(base) || !memory.idAt(base);
    if (this.#isLost) return;
    const cut = memory.cut(base);
    if (!this.#catchUp) this.#ahead = [...cut, ...this.#ahead];
  }

  #obey(message: Message): void {
    if (message.epoch > this.epoch) this.#follow(message);
    if (message.type === 'state') this.#adopt(message);
    else if (message.type !== 'down') this.#takeBatch(message);
    else if (!this.#catchUp) this.fail(message);
  }

  #takeBatch({ type, position = 0, items, head }: Message): void {
    if (!this.#isLost && position <= this.memory.position) this.take(position, items ?? []);
    else if (!this.#seat.hasAsked && (type === 'batch' || head)) this.ask();
  }

  /** Takes an answer to what it asked. */
  #adopt(message: Message): void {
    const { position = 0, id, head, items } = message;
    this.#seat.hasAsked = false;
    if (!this.#isLost && position <= this.memory.position) this.take(position, items ?? []);
    // It may be the answer to an earlier question.
    else if (head && (!items || !this.caller.lastId || id === this.caller.lastId))
      this.#rejoin(message, head);
  }

  /** Goes on with the leader, or alone until it can. */
  #rejoin({ position = 0, id, retry, items }: Message, head: Head): void {
    this.#isLost = false;
    this.#ahead = [];
    this.#head = head;
    this.memory.reset(position, id);
    if (!items || (this.caller.isPending && this.call.isSnapshot)) this.#goAlone();
    if (!this.#catchUp) {
      this.open(head);
      this.#greet(id, retry);
    }
    this.take(position, items ?? []);
  }

  /** Tells the caller what those know who were there before. */
  #greet(id: string | undefined, retry: number | undefined): void {
    const text = this.caller.toText(['', id]);
    const isNew = retry !== this.#retry;
    this.write((text && `${text}\n`) + (isNew && retry !== undefined ? this.#takeOther(retry) : ''));
  }

  #goAlone(): void {
    this.#seat.leader?.stop();
    this.#catchUp ??= new CatchUp(this, this.#environment);
  }
}

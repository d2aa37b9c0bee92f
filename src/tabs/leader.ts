import { discard } from '../http/discard.js';
import { isEventStream, readBody, send, toHead } from './call.js';
import type { Environment } from './environment.js';
import type { Member } from './member.js';
import type { Item, Message } from './message.js';
import { readEvents } from './read-events.js';
import type { Holder } from './seat.js';

/** In milliseconds: how long a new leader waits for the answers of members that may be stalled. */
const PATIENCE = 500;

/** What a member does while it holds the lock: it learns how far the others are, connects, and hands on what comes. */
export class Leader implements Holder {
  readonly #member: Member;
  readonly #environment: Environment;
  readonly #controller = new AbortController();
  readonly #stopped: Promise<void>;
  readonly #answers: Message[] = [];
  #expected = Infinity;
  #wake = (): void => {};
  #hasBegun = false;
  #hasClaimed = false;
  /** Whether there is a response. */
  isLive = false;

  constructor(member: Member, environment: Environment) {
    this.#member = member;
    this.#environment = environment;
    const { signal } = this.#controller;
    this.#stopped = new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  }

  /** Settles when the lead is over. */
  run(): Promise<void> {
    return Promise.race([this.#lead(), this.#stopped]);
  }

  stop(): void {
    this.#controller.abort();
  }

  receive(message: Message): void {
    const { type, epoch } = message;
    const member = this.#member;
    // Somebody else has the lock, or knows of a later leader.
    if (this.#hasBegun && (epoch > member.epoch || (type === 'roll' && epoch >= member.epoch))) this.stop();
    if (type === 'here') this.#count(message);
    if (type === 'state') this.#wake();
  }

  /** Looks for somebody visible, if this is a hidden page. */
  lookForVisible(): void {
    this.#hasClaimed = false;
    if (this.#isHidden) this.#member.post({ type: 'who' });
  }

  /** Takes an answer to the roll-call, or to the question who is visible. */
  #count(message: Message): void {
    if (this.#answers.push(message) >= this.#expected) this.#wake();
    if (!message.isVisible || this.#hasClaimed || !this.#isHidden) return;
    this.#hasClaimed = true;
    this.#member.post({ type: 'claim', to: message.from });
  }

  get #isHidden(): boolean {
    return this.isLive && !this.#environment.isVisible();
  }

  async #lead(): Promise<void> {
    const member = this.#member;
    await this.#callRoll();
    const others = this.#answers.filter(({ epoch }) => epoch);
    // One of those is to go on with what they have.
    if (this.#controller.signal.aborted || (!member.isInStep && others.length)) return;
    await this.#catchUp(others);
    if (this.#controller.signal.aborted) return;
    this.#learnId(others);
    this.#hasBegun = true;
    member.begin();
    await this.#connect();
  }

  /** Waits until it is woken, or has been patient. */
  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#environment.wait(PATIENCE, resolve);
      this.#wake = () => {
        stop();
        resolve();
      };
    });
  }

  async #callRoll(): Promise<void> {
    const { name } = this.#member;
    const answered = this.#sleep();
    this.#member.post({ type: 'roll', epoch: this.#member.seen });
    const { pending = [] } = await this.#environment.locks.query();
    this.#expected = pending.filter((lock) => lock.name === name).length;
    if (this.#answers.length >= this.#expected) this.#wake();
    await answered;
    this.#expected = Infinity;
  }

  /** Takes from the member that is furthest what it is ahead. */
  async #catchUp(others: readonly Message[]): Promise<void> {
    const member = this.#member;
    let best: Pick<Message, 'epoch' | 'position' | 'from'> = {
      epoch: member.epoch,
      position: member.memory.position,
      from: 0,
    };
    for (const other of others) {
      const isFurther = other.epoch === best.epoch && Number(other.position) > Number(best.position);
      if (other.epoch > best.epoch || isFurther) best = other;
    }
    if (!best.from) return;
    const caughtUp = this.#sleep();
    member.ask(best.from);
    await caughtUp;
  }

  /** Where no event had an ID yet, one may still have come with the ID from which all can go on. */
  #learnId(others: readonly Message[]): void {
    const { epoch, memory } = this.#member;
    const isThere = (other: Message) =>
      other.epoch === epoch && other.position === memory.position && other.id;
    if (!memory.id) memory.reset(memory.position, others.find(isThere)?.id);
  }

  async #connect(): Promise<void> {
    const member = this.#member;
    const { id } = member.memory;
    const { signal } = this.#controller;
    try {
      const response = await send(this.#environment.fetch, member.call, id, signal);
      if (signal.aborted) return discard(response);
      if (!isEventStream(response)) return await this.#refuse(response);
      this.isLive = true;
      member.open(toHead(response));
      member.announce();
      this.lookForVisible();
      await readEvents(response, id, (items) => this.#handOn(items));
      this.#end({ isEnd: true });
    } catch (error) {
      // Firefox breaks the connections of a page before it says that it leaves the page. Then another member takes over.
      if (this.isLive) await this.#sleep();
      this.#end({}, error);
    }
  }

  #handOn(items: readonly Item[]): void {
    if (this.#controller.signal.aborted || !items.length) return;
    const { position } = this.#member.memory;
    this.#member.post({ type: 'batch', position, items });
    this.#member.take(position, items);
  }

  async #refuse(response: Response): Promise<void> {
    const copy = response.clone();
    const body = await readBody(copy);
    this.#end({ head: { ...toHead(response), body } }, undefined, response);
  }

  #end(how: Pick<Message, 'head' | 'isEnd'>, error?: unknown, response?: Response): void {
    if (this.#controller.signal.aborted) return;
    this.#member.post({ type: 'down', ...how });
    this.#member.fail(how, error, response);
  }
}

import { discard } from '../http/discard.js';
import { isEventStream, send, toHead } from './call.js';
import type { Environment } from './environment.js';
import type { Member } from './member.js';
import type { Entry, Item } from './message.js';
import { readEvents } from './read-events.js';

/** In milliseconds: where no event with an ID comes to anybody, there is no sign of where a member could join the others. */
const LONGEST = 5000;

/** A connection of a member's own, until an event of it is in what the member has got from the leader meanwhile. */
export class CatchUp {
  readonly #member: Member;
  readonly #environment: Environment;
  readonly #controller = new AbortController();
  #last: Entry | undefined;
  #hasBegun = false;
  #stopWaiting = (): void => {};

  constructor(member: Member, environment: Environment) {
    this.#member = member;
    this.#environment = environment;
    const { signal } = this.#controller;
    // One at a time.
    const run = () => this.#run(signal);
    environment.locks.request(`${member.name} catch-up`, { signal }, run).catch(() => {});
  }

  stop(): void {
    this.#stopWaiting();
    this.#controller.abort();
  }

  /** Joins the others, if it can. */
  match(): void {
    const { memory, isInStep, call } = this.#member;
    if (this.#controller.signal.aborted || isInStep) return;
    // Before it has got anything, its last event ID will do, unless it wants to be greeted.
    if (!this.#last && (this.#hasBegun || call.isSnapshot)) return;
    const position = memory.find(this.#last ? this.#last[1] : this.#member.caller.lastId, this.#last?.[0]);
    if (position !== undefined) this.#member.join(position);
  }

  async #run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const member = this.#member;
    this.#hasBegun = true;
    const id = this.#member.caller.lastId;
    try {
      const response = await send(this.#environment.fetch, member.call, id, signal);
      if (signal.aborted) return discard(response);
      if (!isEventStream(response)) return member.fail({ head: toHead(response) }, undefined, response);
      member.open(toHead(response));
      this.#giveUpLater();
      await readEvents(response, id, (items) => this.#take(items));
      if (!signal.aborted) member.fail({ isEnd: true });
    } catch (error) {
      if (!signal.aborted) member.fail({}, error);
    }
  }

  #take(items: readonly Item[]): void {
    for (const item of items) {
      if (this.#controller.signal.aborted) return;
      if (typeof item === 'object') {
        const isOwn = item[1] !== this.#member.caller.lastId;
        this.#member.write(this.#member.caller.toText(item));
        if (isOwn) this.#last = item;
        this.match();
      } else this.#member.write(typeof item === 'number' ? `retry: ${item}\n\n` : item);
    }
  }

  /** Twice, because a page that was stalled may get to a timer before it gets to what has come meanwhile. */
  #giveUpLater(isSecond = false): void {
    const { memory } = this.#member;
    const { id } = memory;
    const last = this.#last;
    this.#stopWaiting = this.#environment.wait(LONGEST, () => {
      const isQuiet = last === this.#last && id === memory.id;
      if (isQuiet && isSecond) this.#member.join(memory.position);
      else this.#giveUpLater(isQuiet);
    });
  }
}

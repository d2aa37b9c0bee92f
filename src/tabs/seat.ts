import type { Channel, Environment } from './environment.js';
import { isMessage, type Message } from './message.js';

/** In milliseconds: after two without a word from the leader it is asked, after three it is deposed. */
const TICK = 5000;

/** What holds the lock. */
export interface Holder {
  /** Settles when it gives the lock back. */
  run(): Promise<void>;
  stop(): void;
}

/** Whom a seat serves. */
export interface Occupant<H extends Holder> {
  receive(message: Message): void;
  /** Makes what holds the lock. */
  lead(): H;
  /** Asks the leader for a word. */
  ask(): void;
  readonly isInStep: boolean;
}

/** A member's place in the group: its channel, its turn for the lock, and an eye on whether the leader lives. */
export class Seat<H extends Holder> {
  readonly #name: string;
  readonly #environment: Environment;
  readonly #occupant: Occupant<H>;
  leader: H | undefined;
  /** Whether an answer is due. */
  hasAsked = false;
  #channel: Channel | undefined;
  /** Aborted when it does not wait for the lock any more, or has to give it back. */
  #turn: AbortController = new AbortController();
  #silence = 0;
  #stopTicking = (): void => {};

  constructor(name: string, environment: Environment, occupant: Occupant<H>) {
    this.#name = name;
    this.#environment = environment;
    this.#occupant = occupant;
  }

  take(): void {
    if (this.#channel) return;
    this.#channel = this.#environment.openChannel(this.#name);
    this.#channel.onmessage = ({ data }) => {
      if (isMessage(data)) this.#occupant.receive(data);
    };
    this.#tick();
    this.queue();
  }

  leave(): void {
    this.#turn.abort();
    this.leader?.stop();
    this.#stopTicking();
    this.#channel?.close();
    this.#channel = undefined;
  }

  post(message: Message): void {
    this.#channel?.postMessage(message);
  }

  /** There is a word from the leader. */
  hear(): void {
    this.#silence = 0;
  }

  /** Waits for the lock, or takes it from whoever has it, and leads. Whoever loses it, or gives it back, waits again. */
  queue(steal = false): void {
    this.#turn.abort();
    const turn = new AbortController();
    const { signal } = turn;
    this.#turn = turn;
    this.hear();
    let leader: H | undefined;
    const lead = () => {
      if (signal.aborted) return undefined;
      leader = this.#occupant.lead();
      this.leader = leader;
      return leader.run();
    };
    const requeue = () => {
      leader?.stop();
      if (this.leader === leader) this.leader = undefined;
      if (leader && !signal.aborted) this.queue();
    };
    const options = steal ? { steal } : { signal };
    this.#environment.locks.request(this.#name, options, lead).then(requeue, requeue);
  }

  #tick(): void {
    this.#stopTicking();
    const time = TICK * (1 + this.#environment.random() / 4);
    this.#stopTicking = this.#environment.wait(time, () => {
      this.hasAsked = false;
      this.#silence++;
      if (this.leader) this.hear();
      else if (this.#silence > 2) this.queue(true);
      else if (this.#silence > 1 || !this.#occupant.isInStep) this.#occupant.ask();
      this.#tick();
    });
  }
}

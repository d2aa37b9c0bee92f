import type { Channel, Environment } from './environment.js';
import { isMessage } from './message.js';

/** In milliseconds: how long it listens for what the others do about an outage, and then tries itself. */
const LONGEST = 20_000;

/**
 * Listens while a call that failed waits for its next attempt. If another tab has tried since, in vain, that one goes on
 * trying, and this one waits for it: otherwise each tab would send a request for each failure.
 */
export class Standby {
  readonly until: Promise<void>;
  #resolve = (): void => {};
  readonly #channel: Channel;
  readonly #environment: Environment;
  readonly #stopObserving: () => void;
  #stopWaiting = (): void => {};
  /** Whether somebody else has failed since. */
  hasHeard = false;

  constructor(name: string, environment: Environment) {
    this.#environment = environment;
    this.until = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#channel = environment.openChannel(name);
    this.#channel.onmessage = ({ data }) => {
      if (isMessage(data)) this.#receive(data.type, !!data.head);
    };
    this.#stopObserving = environment.observe((event) => event === 'hide' && this.end());
    this.#wait();
  }

  end(): void {
    this.hasHeard = false;
    this.#channel.close();
    this.#stopObserving();
    this.#stopWaiting();
    this.#resolve();
  }

  #receive(type: string, hasHead: boolean): void {
    if (type === 'down') {
      this.hasHeard = true;
      this.#wait();
    } else if ((type === 'lead' && hasHead) || type === 'batch') this.end();
  }

  #wait(): void {
    this.#stopWaiting();
    const time = LONGEST * (1 + this.#environment.random() / 2);
    this.#stopWaiting = this.#environment.wait(time, () => this.end());
  }
}

type Callback = (...args: unknown[]) => void;

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock and timers that move only when told to. */
export class FakeTime {
  /** In milliseconds. */
  now = 0;
  readonly #timers = new Map<number, Timer>();
  #lastTimer = 0;

  /** Takes the place of the platform's. Answers how to give it back. */
  install(random: () => number): () => void {
    const restore = [
      replace(globalThis, 'setTimeout', (callback: Callback, delay?: number, ...args: unknown[]) =>
        this.#add(() => callback(...args), delay),
      ),
      replace(globalThis, 'clearTimeout', (timer: number) => void this.#timers.delete(timer)),
      replace(performance, 'now', () => this.now),
      replace(Math, 'random', random),
    ];
    return () => {
      for (const one of restore) one();
    };
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Fires the next timer, if it is due in that many milliseconds or fewer. */
  fireNext(within: number): boolean {
    const next = [...this.#timers].reduce<[number, Timer] | undefined>(
      (first, timer) => (first && first[1].at <= timer[1].at ? first : timer),
      undefined,
    );
    if (!next || next[1].at > this.now + within) return false;
    const [id, { at, callback }] = next;
    this.#timers.delete(id);
    this.now = Math.max(this.now, at);
    callback();
    return true;
  }

  #add(callback: () => void, delay = 0): number {
    // As in Node: at least 1, and 1 for what is beyond the range.
    const time = delay >= 1 && delay < 2 ** 31 ? Math.trunc(delay) : 1;
    this.#timers.set(++this.#lastTimer, { at: this.now + time, callback });
    return this.#lastTimer;
  }
}

/** Replaces a property until the returned function is called. */
export function replace(target: object, name: string, value: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
  return () => {
    if (own) Object.defineProperty(target, name, own);
    else Reflect.deleteProperty(target, name);
  };
}

/** The platform's, before anybody replaced them. */
const { setImmediate, MessageChannel } = globalThis;

/** Resolves when no microtask is left. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

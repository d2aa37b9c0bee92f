import type { FetchEventSourceError } from './errors.js';
import { discard } from './response.js';

/** With so many events waiting, a loop is behind, and no more bytes are read for it. */
const ENOUGH = 64;

type Request<E> = Parameters<ConstructorParameters<typeof Promise<IteratorResult<E>>>[0]>;

/** What one loop over a source has yet to take. It is that loop's iterator. */
export class EventQueue<E> implements AsyncIterableIterator<E> {
  readonly #events: E[] = [];
  /** The calls of `next()` for which there was no event yet. */
  readonly #requests: Request<E>[] = [];
  readonly #leave: () => void;
  #hasEnded = false;
  /** What the loop has yet to throw. */
  #failure: unknown;
  #makeRoom: (() => void) | undefined;

  /** @param leave - called when the loop is left before its end. */
  constructor(leave: () => void) {
    this.#leave = leave;
  }

  get isFull(): boolean {
    return this.#events.length >= ENOUGH;
  }

  /** Resolves when the loop has taken something, or ended. */
  waitForRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#makeRoom = resolve;
    });
  }

  push(event: E): void {
    this.#events.push(event);
    this.#answer();
  }

  /** After what is queued, the loop ends, or throws what is no `undefined`. */
  end(failure: unknown): void {
    this.#hasEnded = true;
    this.#failure = failure;
    this.#answer();
  }

  next(): Promise<IteratorResult<E>> {
    return new Promise((...request) => {
      this.#requests.push(request);
      this.#answer();
    });
  }

  /** Leaving a loop calls it. */
  return(): Promise<IteratorResult<E>> {
    this.#events.length = 0;
    discard((this.#failure as FetchEventSourceError | undefined)?.response);
    this.end(undefined);
    this.#leave();
    return this.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #answer(): void {
    while (this.#requests[0] && (this.#hasEnded || this.#events[0])) {
      const [resolve, reject] = this.#requests.shift() as Request<E>;
      const value = this.#events.shift();
      const failure = this.#failure;
      if (value) resolve({ value });
      else if (failure === undefined) resolve({ done: true, value });
      else {
        this.#failure = undefined;
        reject(failure);
        // The loop's `catch` may start reading it.
        setTimeout(discard, 0, (failure as FetchEventSourceError | null)?.response);
      }
    }
    this.#makeRoom?.();
  }
}

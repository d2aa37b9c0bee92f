import type { FetchEventSourceError } from '../errors/error.js';
import { discard } from '../http/discard.js';

/** A loop with this many events waiting is behind: no more bytes are read for it. */
const MAX_WAITING = 64;

/** The events that a `for await` loop has not taken yet, and the iterator of that loop. */
export class EventQueue<E> implements AsyncIterableIterator<E> {
  readonly #events: E[] = [];
  /** The calls of `next()` for which there was no event yet. */
  readonly #requests: ((result: IteratorResult<E> | Promise<IteratorResult<E>>) => void)[] = [];
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
    return this.#events.length >= MAX_WAITING;
  }

  /** Resolves once there is room. Call it only when the queue is full. */
  waitForRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#makeRoom = resolve;
    });
  }

  push(event: E): void {
    const request = this.#requests.shift();
    if (request) request({ value: event, done: false });
    else this.#events.push(event);
  }

  /** Ends the loop after the queued events, with the failure if one is given. */
  end(failure: unknown): void {
    this.#hasEnded = true;
    this.#failure = failure;
    for (const request of this.#requests.splice(0)) request(this.next());
  }

  next(): Promise<IteratorResult<E>> {
    const value = this.#events.shift();
    if (value) {
      if (!this.isFull) this.#makeRoom?.();
      return Promise.resolve({ value, done: false });
    }
    if (!this.#hasEnded) return new Promise((resolve) => this.#requests.push(resolve));
    const failure = this.#failure;
    if (failure === undefined) return Promise.resolve({ done: true, value });
    this.#failure = undefined;
    // The loop's `catch` gets one task to start reading the response.
    setTimeout(discard, 0, (failure as FetchEventSourceError | null)?.response);
    return Promise.reject(failure);
  }

  /** Called when the loop is left early. */
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
}

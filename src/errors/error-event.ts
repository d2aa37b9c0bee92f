import type { EventSourceErrorEvent } from '../types/events.js';
import { FetchEventSourceError } from './error.js';

/**
 * Tells the library's error events from messages that a server calls `error`: `event instanceof ErrorEvent`. The package
 * `eventsource` has this class, too.
 *
 * The library makes plain events, because not every platform could use this class. So this one only recognizes them, and
 * whoever does not import it does not load it.
 */
export class ErrorEvent extends Event {
  /** The HTTP status of the refused response, where there is one. */
  declare readonly code?: number | undefined;
  /** The message of the error. */
  declare readonly message?: string | undefined;

  constructor(type: string, init?: { message?: string | undefined; code?: number | undefined }) {
    super(type);
    Object.assign(this, { code: init?.code, message: init?.message });
  }

  /** What `instanceof` asks. */
  static override [Symbol.hasInstance](value: unknown): value is EventSourceErrorEvent {
    // The second one is the ordinary `instanceof`.
    return (
      Object(value).error instanceof FetchEventSourceError ||
      Function.prototype[Symbol.hasInstance].call(ErrorEvent, value)
    );
  }
}

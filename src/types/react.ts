import type { FetchEventSourceError } from '../errors/error.js';

/** How the connection of a component is. */
export interface EventSourceStatus {
  /** `closed` is final, and what it is without a URL. */
  readonly state: 'connecting' | 'open' | 'closed';
  /** Which attempt this is, or was, since the last connection: 1 is the first one. */
  readonly attempt: number;
  /** How long this attempt has to wait for its turn, in milliseconds; `undefined` if it does not. */
  readonly wait: number | undefined;
  /** Why the last connection ended; `undefined` as soon as there is one again. */
  readonly error: FetchEventSourceError | undefined;
}

/** What `useEventSource()` returns. It is the same object until something changes. */
export interface EventSourceState<Event> {
  /** The last events, the newest one at the end. */
  readonly events: readonly Event[];
  /** How the connection is. */
  readonly status: EventSourceStatus;
  /** Connects again immediately, after a final failure, too. */
  readonly reconnect: () => void;
  /** Closes the connection until `reconnect()`, or until the URL or the options change. */
  readonly close: () => void;
}

/** The options of `useEventSource()` beyond those of the class. */
export interface HookOptions<Event> {
  /**
   * How many events `events` holds. A list of 1,000 that is all rendered anew takes longer than a frame.
   * @defaultValue 100
   */
  keep?: number | undefined;
  /** Called with each event as it comes, not only once per frame: to add it to a state of your own. */
  onEvent?: ((event: Event) => void) | undefined;
}

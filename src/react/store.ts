import { FetchEventSource } from 'eventsource-fetch';
import type { AnyMessageEvent } from '../types/events.js';
import type { FetchEventSourceInit } from '../types/options.js';
import type { EventSourceState, EventSourceStatus, HookOptions } from '../types/react.js';
import { onNextFrame } from './frame.js';
import { follow } from './options.js';

/** Any event of any source. */
export type AnyEvent = AnyMessageEvent<unknown, Record<never, never>>;

/** What the hook is given. */
export type HookInit = FetchEventSourceInit<unknown> & HookOptions<AnyEvent>;

/** How many events are held by default: as many as a list can show anew in each frame. */
const KEPT = 100;

const CONNECTING: EventSourceStatus = { state: 'connecting', attempt: 1, wait: undefined, error: undefined };
const CLOSED: EventSourceStatus = { ...CONNECTING, state: 'closed' };

/** The options of the class. */
export function toInit({ keep, onEvent, ...init }: HookInit): FetchEventSourceInit<unknown> {
  return init;
}

/** The source of one component and what has come of it, outside of React: it outlives a connection. */
export class EventStore {
  readonly #reconnect = (): void => {
    if (this.#source?.readyState !== FetchEventSource.CLOSED) this.#source?.reconnect();
    else this.#connect();
  };

  readonly #close = (): void => {
    if (!this.#source) return;
    this.#source.close();
    this.#change(CLOSED);
  };

  /** The options of the latest render that React kept. */
  options: HookInit = {};
  #url: string | undefined;
  #source: FetchEventSource<unknown> | undefined;
  #lastEventId: string | undefined;
  #events: AnyEvent[] = [];
  #status: EventSourceStatus = CLOSED;
  #shown: EventSourceState<AnyEvent> = this.#show([], CLOSED);
  #hasNew = false;
  #cancel: (() => void) | undefined;
  #notify = (): void => {};
  /** What is shown of a URL until there is a connection to it. */
  readonly #fresh: EventSourceState<AnyEvent> = this.#show([], CONNECTING);

  /** What a component shows. Without a URL, what had come before. */
  read(url: string | undefined): EventSourceState<AnyEvent> {
    return url === undefined || url === this.#url ? this.#shown : this.#fresh;
  }

  /** What a server shows, and a page until it has taken over. */
  readInitial(url: string | undefined): EventSourceState<AnyEvent> {
    return url === undefined ? this.#shown : this.#fresh;
  }

  /** Connects, resuming if the URL is the same. The function that it returns closes the connection. */
  subscribe(url: string | undefined, notify: () => void): () => void {
    this.#notify = notify;
    if (url !== undefined && url !== this.#url) {
      this.#url = url;
      this.#events = [];
      this.#hasNew = true;
      this.#lastEventId = undefined;
    }
    if (url !== undefined) this.#connect();
    return () => {
      this.#source?.close();
      this.#source = undefined;
      this.#notify = () => {};
      this.#change(CLOSED);
      this.#render();
    };
  }

  #connect(): void {
    const resumed = this.#lastEventId === undefined ? {} : { lastEventId: this.#lastEventId };
    const init = follow(toInit(this.options), () => this.options);
    const source = new FetchEventSource<unknown>(this.#url as string, { ...init, ...resumed });
    this.#source = source;
    this.#change(CONNECTING);
    this.#render();
    source.onopen = () => this.#change({ ...CONNECTING, state: 'open', attempt: this.#status.attempt });
    source.onerror = ({ error, reconnectIn }) => {
      // Without one, it is a message that the server calls so.
      if (!error) return;
      const { state, attempt } = this.#status;
      if (reconnectIn === undefined) this.#change({ ...CLOSED, attempt, error });
      else
        this.#change({
          ...CONNECTING,
          attempt: state === 'open' ? 1 : attempt + 1,
          wait: reconnectIn,
          error,
        });
    };
    void this.#take(source);
  }

  async #take(source: FetchEventSource<unknown>): Promise<void> {
    try {
      for await (const event of source) {
        if (source !== this.#source) return;
        this.#add(event);
      }
    } catch {
      // The error event has said why.
    }
    if (source === this.#source && this.#status.state !== 'closed') this.#change(CLOSED);
  }

  #add(event: AnyEvent): void {
    const { keep = KEPT, onEvent } = this.options;
    this.#lastEventId = event.lastEventId;
    this.#events.push(event);
    // Twice as many, so that they are not moved for each event.
    if (this.#events.length >= 2 * keep + 1) this.#events = this.#events.slice(this.#events.length - keep);
    this.#hasNew = true;
    this.#schedule();
    try {
      onEvent?.(event);
    } catch (error) {
      // As for a listener: it ends neither the loop nor the connection.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #change(status: EventSourceStatus): void {
    this.#status = status;
    this.#schedule();
  }

  #schedule(): void {
    this.#cancel ??= onNextFrame(() => this.#render());
  }

  /** Makes what has changed visible to React. */
  #render(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const { keep = KEPT } = this.options;
    const events = this.#hasNew
      ? this.#events.slice(Math.max(0, this.#events.length - keep))
      : this.#shown.events;
    this.#hasNew = false;
    this.#shown = this.#show(events, this.#status);
    this.#notify();
  }

  #show(events: readonly AnyEvent[], status: EventSourceStatus): EventSourceState<AnyEvent> {
    return { events, status, reconnect: this.#reconnect, close: this.#close };
  }
}

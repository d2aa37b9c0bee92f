import type { Fetch } from '../http/call-fetch.js';
import type { FetchRequest } from '../http/request.js';
import type { EventSourceErrorEvent } from '../types/events.js';

/** What sending takes of the options. */
export interface SendOptions {
  /** The caller's `fetch`; `undefined` is the platform's. */
  readonly fetch: Fetch | undefined;
  /** In milliseconds; 0 is none. */
  readonly connectTimeout: number;
}

/** What each platform does in its own way. `#platform` resolves to the implementation for the build. */
export interface Platform {
  /** Whether `fetch()` would refuse a member of its init at every attempt, or no event stream could live with it. */
  isRefused(name: string, value: unknown): boolean;

  /** Calls back when the signal is aborted, at once if it already is. Returns how to stop waiting. */
  onAbort(signal: AbortSignal, callback: (reason: unknown) => void): () => void;

  createDOMException(message: string, name: 'AbortError' | 'SyntaxError'): Error;

  createMessageEvent(type: string, init: MessageEventInit): MessageEvent;

  createErrorEvent(extras: Partial<EventSourceErrorEvent>): Event;

  /** Dispatches an event so that its handler attribute is called in its place among the listeners (rule 46). */
  dispatch(target: EventTarget, event: Event): void;

  /** Resolves when other tasks have had their turn. */
  yieldToOthers(): Promise<void>;
}

/** What each platform sends in its own way. `#transport` resolves to the implementation for the build. */
export interface Transport {
  /** Sends a request. Outside browsers, no redirect may take the caller's secrets to another origin. */
  send(options: SendOptions, request: FetchRequest): Promise<Response>;

  /**
   * A `fetch` that behaves towards the network as the class does without one: patient with silence, its redirects leak
   * nothing. Helpers call it if they are given no `fetch`.
   */
  transport: Fetch;
}

// The types that the package `eventsource` exports, under its names, for code that imports them from here.
import type { EventSourceErrorEvent, EventSourceMessageEvent, EventSourceOpenEvent } from './events.js';
import type { FetchEventSourceInit } from './options.js';

/** The options of the class, as `eventsource` calls them. */
export type EventSourceInit = FetchEventSourceInit;

/** A function for the `fetch` option. */
export type FetchLike = NonNullable<FetchEventSourceInit['fetch']>;

/** What a function for the `fetch` option gets besides the URL. */
export type EventSourceFetchInit = Parameters<FetchLike>[1];

/** As `eventsource` 3 also calls it. */
export type FetchLikeInit = EventSourceFetchInit;

/** What a function for the `fetch` option answers. */
export type FetchLikeResponse = Awaited<ReturnType<FetchLike>>;

/** What reads the body of such an answer. */
export type ReaderLike = Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>;

/** The events that every source has, as `eventsource` calls them. */
export interface EventSourceEventMap {
  error: EventSourceErrorEvent;
  message: EventSourceMessageEvent;
  open: EventSourceOpenEvent;
}

/** What removes a listener. */
export interface EventListenerOptions {
  /** Whether it listens before the event reaches its target. */
  capture?: boolean;
}

/** What adds a listener. */
export interface AddEventListenerOptions extends EventListenerOptions {
  /** Whether it is called at most once. */
  once?: boolean;
  /** Whether it never cancels the event. */
  passive?: boolean;
  /** Removes it when aborted. */
  signal?: AbortSignal;
}

/** A listener that is a function. */
export type EventListener = (event: Event | MessageEvent) => void;

/** A listener that is an object. */
export interface EventListenerObject {
  /** Called with each event. */
  handleEvent(object: Event): void;
}

/** A listener of either kind. */
export type EventListenerOrEventListenerObject = EventListener | EventListenerObject;

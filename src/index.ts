/**
 * The class, its errors, and the types of its options and events.
 *
 * @module eventsource-fetch
 */

export { FetchEventSourceError, type FetchEventSourceErrorCode } from './errors/error.js';
export { ErrorEvent } from './errors/error-event.js';
export {
  type EventSourceConstructor,
  FetchEventSource,
  FetchEventSource as EventSource,
} from './source/fetch-event-source.js';
export type { StreamChunk } from './stream/chunk.js';
export type {
  AnyMessageEvent,
  DataOf,
  EventHandler,
  EventSourceErrorEvent,
  EventSourceMessageEvent,
  EventSourceOpenEvent,
  FetchEventSourceEventMap,
} from './types/events.js';
export type {
  AddEventListenerOptions,
  EventListener,
  EventListenerObject,
  EventListenerOptions,
  EventListenerOrEventListenerObject,
  EventSourceEventMap,
  EventSourceFetchInit,
  EventSourceInit,
  FetchLike,
  FetchLikeInit,
  FetchLikeResponse,
  ReaderLike,
} from './types/eventsource.js';
export type {
  Attempt,
  BodyFunction,
  Failure,
  FetchEventSourceInit,
  HeadersFunction,
  InitWithParsers,
  ParseFunction,
  Parser,
  ReconnectOptions,
  Schema,
} from './types/options.js';

/**
 * The class, its errors, and the types of its options and events.
 *
 * @module eventsource-fetch
 */

export { FetchEventSourceError, type FetchEventSourceErrorCode } from './errors/error.js';
export { FetchEventSource } from './source/fetch-event-source.js';
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

/**
 * The class, its errors, and the types of its options and events.
 *
 * @module fetch-eventsource
 */

export type { EventHandler } from './callbacks.js';
export { FetchEventSourceError, type FetchEventSourceErrorCode } from './errors.js';
export { FetchEventSource } from './fetch-event-source.js';
export type {
  AnyMessageEvent,
  Attempt,
  BodyFunction,
  DataOf,
  EventSourceErrorEvent,
  EventSourceMessageEvent,
  EventSourceOpenEvent,
  Failure,
  FetchEventSourceEventMap,
  FetchEventSourceInit,
  HeadersFunction,
  InitWithParsers,
  ParseFunction,
  Parser,
  ReconnectOptions,
  Schema,
} from './types.js';

export type { EventHandler } from './callbacks.js';
export { FetchEventSourceError, type FetchEventSourceErrorCode } from './errors.js';
export { FetchEventSource } from './fetch-event-source.js';
export type {
  Attempt,
  BodyFunction,
  EventSourceErrorEvent,
  EventSourceMessageEvent,
  EventSourceOpenEvent,
  Failure,
  FetchEventSourceEventMap,
  FetchEventSourceInit,
  HeadersFunction,
  ReconnectOptions,
} from './types.js';

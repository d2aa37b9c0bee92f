/**
 * Event streams without the class: for whoever holds a response, and for servers.
 *
 * @module fetch-eventsource/stream
 */

export { FetchEventSourceError, type FetchEventSourceErrorCode } from './errors.js';
export {
  EventStreamDecoder,
  type EventStreamOptions,
  parseEventStream,
  type ServerSentEvent,
} from './event-stream-decoder.js';
export { EventStreamEncoder, encodeEvent, type ServerSentEventInit } from './event-stream-encoder.js';

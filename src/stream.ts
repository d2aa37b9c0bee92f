export { FetchEventSourceError, type FetchEventSourceErrorCode } from './errors.js';
export {
  EventStreamDecoder,
  type EventStreamOptions,
  parseEventStream,
  type ServerSentEvent,
} from './event-stream-decoder.js';
export { EventStreamEncoder, encodeEvent, type ServerSentEventInit } from './event-stream-encoder.js';

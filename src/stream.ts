/**
 * Event streams without the class: for whoever holds a response, and for servers.
 *
 * @module eventsource-fetch/stream
 */

export { FetchEventSourceError, type FetchEventSourceErrorCode } from './errors/error.js';
export type { StreamChunk } from './stream/chunk.js';
export {
  EventStreamDecoder,
  type EventStreamOptions,
  parseEventStream,
  type ServerSentEvent,
} from './stream/decoder.js';
export { EventStreamEncoder, encodeEvent, type ServerSentEventInit } from './stream/encoder.js';

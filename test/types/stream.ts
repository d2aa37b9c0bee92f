// Compiles wherever streams have types: with the DOM library, or with @types/node alone.
import type { EventSourceMessageEvent } from '../../src/index.js';
import {
  EventStreamDecoder,
  EventStreamEncoder,
  encodeEvent,
  FetchEventSourceError,
  parseEventStream,
  type ServerSentEvent,
  type ServerSentEventInit,
} from '../../src/stream.js';

const response: Response = await fetch('https://source.test/');
for await (const { type, data, lastEventId } of parseEventStream(response)) {
  type.concat(data, lastEventId);
}
if (response.body) {
  const events: ReadableStream<ServerSentEvent> = response.body.pipeThrough(new EventStreamDecoder());
  const body: ReadableStream<Uint8Array> = events.pipeThrough(new EventStreamEncoder());
  const options = { lastEventId: '7', onComment: (comment: string) => comment.length };
  for await (const event of parseEventStream(body, options)) event.data.toUpperCase();
  // @ts-expect-error: the encoder takes events, no bytes
  body.pipeThrough(new EventStreamEncoder());
  // @ts-expect-error: the decoder takes bytes or text
  new ReadableStream<number>().pipeThrough(new EventStreamDecoder());
  new ReadableStream<string>().pipeThrough(new EventStreamDecoder({ flush: true }));
  for await (const event of parseEventStream(new ReadableStream<string>())) event.data.trim();
}

const bytes: Uint8Array = encodeEvent({
  type: 'price',
  data: '{}',
  lastEventId: '7',
  retry: 10,
  comment: '',
});
bytes.subarray();
declare const message: EventSourceMessageEvent;
encodeEvent(message);
const init: ServerSentEventInit = { data: undefined };
encodeEvent(init);

// @ts-expect-error: data is text
encodeEvent({ data: { amount: 1 } });
// @ts-expect-error: an ID is text
encodeEvent({ lastEventId: 7 });
// @ts-expect-error: it is called lastEventId
encodeEvent({ id: '7' });
// @ts-expect-error: it is called type
encodeEvent({ event: 'price' });
// @ts-expect-error: a number
encodeEvent({ retry: '10' });
// @ts-expect-error: null is no stream
parseEventStream(response.body);
// @ts-expect-error: not in the options
parseEventStream(response, { onEvent: () => {} });
// @ts-expect-error: in characters
parseEventStream(response, { maxEventSize: '1 MB' });
const decoder = new EventStreamDecoder({ onRetry: (time) => time.toFixed(), maxEventSize: 1000 });
export const parts: [ReadableStream<ServerSentEvent>, WritableStream<Uint8Array>] = [
  decoder.readable,
  decoder.writable,
];

export const statusOf = (error: unknown): number | undefined =>
  error instanceof FetchEventSourceError && error.code === 'http-status' ? error.status : undefined;

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EventStreamDecoder,
  type EventStreamOptions,
  FetchEventSourceError,
  parseEventStream,
  type ServerSentEvent,
  type StreamChunk,
} from '../src/stream.js';
import { bytes, cutAt } from './interpret.js';
import { randomStream } from './random-streams.js';
import { interpretLiterally } from './reference-interpreter.js';
import { eventStream } from './scripted.js';

const RUNS = typeof document === 'undefined' ? 1_000 : 200;

/** A stream that makes its chunks only when they are asked for, and what happened to it. */
function observe(chunks: readonly Uint8Array[], end: 'close' | 'hold' | Error = 'close') {
  const seen = { pulled: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[seen.pulled];
        if (chunk) {
          seen.pulled++;
          controller.enqueue(chunk);
        } else if (end === 'close') controller.close();
        else if (end !== 'hold') controller.error(end);
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { seen, stream };
}

const streamOf = (...chunks: (string | Uint8Array)[]) =>
  observe(chunks.map((chunk) => (typeof chunk === 'string' ? bytes(chunk) : chunk))).stream;

async function collect<T>(iterable: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const item of iterable) into.push(item);
  return into;
}

/** With a reader, because WebKit cannot iterate over streams. */
async function drain<T>(stream: ReadableStream<T>, into: T[] = []): Promise<T[]> {
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) into.push(next.value);
  return into;
}

/** With at least one chunk. */
const cutEvery = (input: Uint8Array, size: number) =>
  cutAt(
    input,
    [...input.keys()].filter((position) => position % size === 0),
  );

const textOf = (...chunks: string[]) =>
  new ReadableStream<StreamChunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });

const event = (data: string, type = 'message', lastEventId = ''): ServerSentEvent => ({
  type,
  data,
  lastEventId,
});

/** The two ways to read, which must not differ. */
const WAYS: [
  string,
  (stream: ReadableStream<StreamChunk>, options?: EventStreamOptions) => Promise<unknown>,
][] = [
  ['parseEventStream', (stream, options) => collect(parseEventStream(stream, options))],
  ['EventStreamDecoder', (stream, options) => drain(stream.pipeThrough(new EventStreamDecoder(options)))],
];

describe.each(WAYS)('%s', (_name, read) => {
  test('gives each event its type, data and last event ID', async () => {
    const stream = streamOf('data: a\n\nid: 7\nevent: b\ndata: c\ndata: d\n\n', 'data: e\n\n');
    expect(await read(stream)).toEqual([event('a'), event('c\nd', 'b', '7'), event('e', 'message', '7')]);
  });

  test('gives events the last event ID from before the stream until there is an id field', async () => {
    const stream = streamOf('data: a\n\nid: 2\ndata: b\n\nid\ndata: c\n\n');
    const options = { lastEventId: '1' };
    expect(await read(stream, options)).toEqual([
      event('a', 'message', '1'),
      event('b', 'message', '2'),
      event('c'),
    ]);
  });

  test('gives an empty event, which may have only an ID', async () => {
    expect(await read(streamOf('id: 1\ndata:\n\n'))).toEqual([event('', 'message', '1')]);
  });

  test('drops an event without its blank line', async () => {
    expect(await read(streamOf('data: a\n\n', 'data: b\n'))).toEqual([event('a')]);
  });

  test('hands over comments and reconnection times if asked to', async () => {
    const log: unknown[] = [];
    const options = {
      onComment: (comment: string) => log.push(comment),
      onRetry: (time: number) => log.push(time),
    };
    const stream = streamOf(`: hi\nretry: 10\n:\nretry: x\nretry: ${'9'.repeat(400)}\n\n`);
    expect(await read(stream, options)).toEqual([]);
    expect(log).toEqual([' hi', 10, '', Number.POSITIVE_INFINITY]);
  });

  test('fails for an event larger than maxEventSize', async () => {
    const read1 = read(streamOf('data: 123456\n\n'), { maxEventSize: 8 });
    await expect(read1).rejects.toMatchObject({ code: 'event-too-large' });
  });

  test.each([Number.NaN, -1, 'much', {}])('refuses %o as maxEventSize at once', async (maxEventSize) => {
    const stream = streamOf(bytes('data: a\n\n'));
    const options = { maxEventSize } as EventStreamOptions;
    expect(() => read(stream, options)).toThrow(new TypeError(`maxEventSize: got ${maxEventSize}`));
    expect(stream.locked).toBe(false);
  });

  test('takes text, and bytes in any form', async () => {
    const { buffer } = new Uint8Array(bytes('data: €\n\n'));
    const chunks = ['data: a', 'b\r', '\n\r\n', buffer, new DataView(buffer), new Uint8Array(buffer)];
    const stream = new ReadableStream<StreamChunk>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
    expect(await read(stream)).toEqual([event('ab'), event('€'), event('€'), event('€')]);
  });

  test.each([
    [1, 'number'],
    [{}, 'object'],
    [null, 'object'],
  ])('fails for a chunk that is neither bytes nor text: %o', async (chunk, name) => {
    const reading = read(new ReadableStream({ start: (controller) => controller.enqueue(chunk as never) }));
    const message = `Expected chunks of bytes or text, got ${name}`;
    await expect(reading).rejects.toMatchObject({ code: 'no-body', message });
  });

  test.each([
    ['half a line', 'data: a\n\nid: 7\ndata: b\ndata: c', [event('a'), event('b\nc', 'message', '7')]],
    ['no blank line', 'event: x\ndata: b\r', [event('b', 'x')]],
    ['half a character', bytes('data: b', [0xe2, 0x82]), [event('b\uFFFD')]],
    ['no data', 'data: a\n\nevent: x\nid: 7', [event('a')]],
    ['nothing', 'data: a\n\n', [event('a')]],
    ['a lone line end', '\n', []],
    ['an empty stream', '', []],
  ])('flush: delivers what the end of the stream left unfinished: %s', async (_what, input, expected) => {
    for (const size of [1, 3, 1000]) {
      const chunks = cutEvery(typeof input === 'string' ? bytes(input) : input, size);
      expect(await read(streamOf(...chunks), { flush: true })).toEqual(expected);
    }
    if (typeof input === 'string') expect(await read(textOf(...input), { flush: true })).toEqual(expected);
  });

  test('flush: delivers nothing unfinished of a stream that breaks', async () => {
    const error = new Error('cut');
    const events: unknown[] = [];
    const { stream } = observe([bytes('data: a\n')], error);
    const reading = collect(parseEventStream(stream, { flush: true }), events as ServerSentEvent[]);
    await expect(reading).rejects.toBe(error);
    expect(events).toEqual([]);
  });

  test('fails with the error of the stream', async () => {
    const error = new Error('cut');
    await expect(read(observe([bytes('data: a\n')], error).stream)).rejects.toBe(error);
  });

  test('means the same as the reference, however the stream is cut', async () => {
    const property = fc.asyncProperty(randomStream, async ({ input, chunks, source: { lastEventId } }) => {
      const { items } = interpretLiterally(input, { lastEventId, reconnectionTime: 0 });
      const expected = items
        .filter(({ type }) => type)
        .map(({ type, data, lastEventId }) => event(data, type, lastEventId));
      expect(await read(streamOf(...chunks), { lastEventId })).toEqual(expected);
    });
    await fc.assert(property, { numRuns: RUNS });
  }, 120_000);
});

describe('parseEventStream', () => {
  test('reads the next chunk only when the events of the last one have been taken', async () => {
    const { seen, stream } = observe(cutAt(bytes('data: a\n\ndata: b\n\ndata: c\n\n'), [18]));
    const events = parseEventStream(stream);
    const pulls: number[] = [];
    for await (const _ of events) {
      // If anything reads ahead, it gets its turns first.
      await new Promise((resolve) => setTimeout(resolve));
      pulls.push(seen.pulled);
    }
    expect(pulls).toEqual([1, 1, 2]);
  });

  test('cancels the stream when the loop is left', async () => {
    const { seen, stream } = observe([bytes('data: a\n\ndata: b\n\n')], 'hold');
    for await (const { data } of parseEventStream(stream)) if (data === 'a') break;
    expect(seen).toEqual({ pulled: 1, cancelled: true });
  });

  test('cancels the stream when the loop throws', async () => {
    const { seen, stream } = observe([bytes('data: a\n\n')], 'hold');
    const loop = async () => {
      for await (const { data } of parseEventStream(stream)) throw new Error(data);
    };
    await expect(loop()).rejects.toThrow('a');
    expect(seen.cancelled).toBe(true);
  });

  test('cancels a silent stream at once, even while a read is under way', async () => {
    const { seen, stream } = observe([], 'hold');
    const events = parseEventStream(stream);
    const pending = events.next();
    await events.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(seen.cancelled).toBe(true);
  });

  test('does the same on throw()', async () => {
    const { seen, stream } = observe([], 'hold');
    const events = parseEventStream(stream);
    const pending = events.next();
    const error = new Error('enough');
    await expect(events.throw(error)).rejects.toBe(error);
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(seen.cancelled).toBe(true);
  });

  test.each(['return', 'throw'] as const)(
    'cancels a stream that nobody began to read: %s()',
    async (leave) => {
      const { seen, stream } = observe([bytes('data: a\n\n')], 'hold');
      await parseEventStream(stream)
        [leave](undefined)
        .catch(() => {});
      expect(seen).toEqual({ pulled: 0, cancelled: true });
    },
  );

  test('leaves the loop even if cancelling the stream never settles', async () => {
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes('data: a\n\n')),
      cancel: () => new Promise(() => {}),
    });
    for await (const _ of parseEventStream(stream)) break;
  });

  test('leaves the loop even if the stream cannot be cancelled', async () => {
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes('data: a\n\n')),
      cancel: () => Promise.reject(new Error('no')),
    });
    for await (const _ of parseEventStream(stream)) break;
  });

  test('delivers what came before an event that is too large, and cancels the stream', async () => {
    const { seen, stream } = observe([bytes('data: a\n\ndata: b\n\ndata: 123456\n\n')], 'hold');
    const events: ServerSentEvent[] = [];
    const loop = collect(parseEventStream(stream, { maxEventSize: 8 }), events);
    await expect(loop).rejects.toBeInstanceOf(FetchEventSourceError);
    expect([events, seen.cancelled]).toEqual([[event('a'), event('b')], true]);
  });

  test('delivers what came before the stream fails', async () => {
    const error = new Error('cut');
    const events: ServerSentEvent[] = [];
    const loop = collect(parseEventStream(observe([bytes('data: a\n\n')], error).stream), events);
    await expect(loop).rejects.toBe(error);
    expect(events).toEqual([event('a')]);
  });

  test('ends with what a callback throws', async () => {
    const onComment = () => {
      throw new Error('mine');
    };
    const events: ServerSentEvent[] = [];
    const loop = collect(parseEventStream(streamOf('data: a\n\n: b\n'), { onComment }), events);
    await expect(loop).rejects.toThrow('mine');
    expect(events).toEqual([event('a')]);
  });

  test('takes a response', async () => {
    expect(await collect(parseEventStream(eventStream('data: a\n\n')))).toEqual([event('a')]);
    expect(await collect(parseEventStream(eventStream(null)))).toEqual([]);
  });

  test('refuses a response that is not 200, whose body may say more', async () => {
    const refused = eventStream('{"error":"quota"}', { status: 429 });
    let error: unknown;
    try {
      parseEventStream(refused);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(FetchEventSourceError);
    expect(error).toMatchObject({ code: 'http-status', status: 429, response: refused });
    expect(await (error as FetchEventSourceError).response?.json()).toEqual({ error: 'quota' });
  });

  test('names origin and path of a response that it refuses, no more', () => {
    const url = 'https://source.test/feed?key=to-ken';
    const page = Object.defineProperty(new Response(null, { status: 503 }), 'url', { value: url });
    expect(() => parseEventStream(page)).toThrow(
      new FetchEventSourceError(
        'http-status',
        'Expected 200 text/event-stream, got 503 without a type from https://source.test/feed',
        undefined,
        page,
      ),
    );
  });

  test('refuses a response of another type, but not its body', async () => {
    const page = eventStream('data: a\n\n', { headers: { 'Content-Type': 'text/html' } });
    expect(() => parseEventStream(page)).toThrow('Expected 200 text/event-stream, got 200 text/html');
    const bare = new Response(null, { status: 503 });
    expect(() => parseEventStream(bare)).toThrow('Expected 200 text/event-stream, got 503 without a type');
    expect(await collect(parseEventStream(page.body as ReadableStream<Uint8Array>))).toEqual([event('a')]);
  });

  const MESSAGE = 'Expected a Response (await it) or a web stream; pass Readable.toWeb(stream)';

  test.each([null, undefined, 'text', Promise.resolve(eventStream(null))])('refuses %s', (input) => {
    const error = new TypeError(MESSAGE);
    expect(() => parseEventStream(input as unknown as Response)).toThrow(error);
  });

  test('refuses a locked stream at once', () => {
    const stream = streamOf('data: a\n\n');
    stream.getReader();
    expect(() => parseEventStream(stream)).toThrow(TypeError);
  });
});

describe('EventStreamDecoder', () => {
  test('takes only as many chunks as somebody reads events from', async () => {
    const { seen, stream } = observe(Array(100).fill(bytes('data: a\n\n')));
    const reader = stream.pipeThrough(new EventStreamDecoder()).getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve));
    // One may wait in the pipe.
    expect(seen.pulled).toBeLessThanOrEqual(3);
    await reader.cancel();
    // Platforms differ in when a pipe passes that on.
    await expect.poll(() => seen.cancelled).toBe(true);
  });
});

import { expect, onTestFinished, test } from 'vitest';
import { FetchEventSource, type FetchEventSourceError, type StreamChunk } from '../src/index.js';
import { connect, next, record } from './scripted.js';

const bytes = (text: string) => new TextEncoder().encode(text);

function over(stream: ReadableStream<StreamChunk>): FetchEventSource {
  const source = FetchEventSource.fromReadableStream(stream);
  onTestFinished(() => source.close());
  return source;
}

const streamOf = (...chunks: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(bytes(chunk));
      controller.close();
    },
  });

test('rule 49: a source over a stream is CONNECTING, with the URL about:event-stream', () => {
  const source = over(streamOf());
  expect(source).toBeInstanceOf(FetchEventSource);
  expect(source).toMatchObject({ readyState: 0, url: 'about:event-stream', withCredentials: false });
});

test('rule 49: a locked stream is a TypeError at once', () => {
  const stream = streamOf();
  stream.getReader();
  expect(() => FetchEventSource.fromReadableStream(stream)).toThrow(TypeError);
});

test.each([null, undefined, 'text', new Response('text')])(
  '%s, which is no stream, is a TypeError',
  (value) => {
    const create = () => FetchEventSource.fromReadableStream(value as unknown as ReadableStream);
    expect(create).toThrow(new TypeError(`stream: got ${value}`));
  },
);

test('rule 49: a stream that has been read from continues where that ended', async () => {
  const stream = streamOf('data: a\n\n', 'data: b\n\n');
  const reader = stream.getReader();
  await reader.read();
  reader.releaseLock();
  expect(await next(over(stream), 'message')).toMatchObject({ data: 'b' });
});

test('rule 49: a stream of another realm or platform will do', async () => {
  const stream = streamOf('data: a\n\n');
  const foreign = { locked: false, getReader: () => stream.getReader(), cancel: () => stream.cancel() };
  expect(await next(over(foreign as typeof stream), 'message')).toMatchObject({ data: 'a' });
});

test('rule 49: it opens, delivers with the origin "null", and ends CLOSED with one error', async () => {
  const source = over(streamOf('id: 1\nda', 'ta: a\n\nevent: x\ndata: b\n\n', 'data: half'));
  const log = record(source, 'x');
  const message = await next(source, 'message');
  expect(message).toMatchObject({ origin: 'null', lastEventId: '1' });
  const { error } = await next<Event & { error: FetchEventSourceError }>(source, 'error');
  expect(error.code).toBe('end-of-stream');
  await new Promise((resolve) => setTimeout(resolve));
  expect(log).toEqual(['open:1', 'message:a', 'x:b', 'error:2']);
});

test('rule 49: a stream that errors closes the source, with the reason as cause', async () => {
  const cause = new Error('broken');
  const source = over(new ReadableStream({ start: (controller) => controller.error(cause) }));
  const { error } = await next<Event & { error: FetchEventSourceError }>(source, 'error');
  expect([source.readyState, error.cause]).toEqual([FetchEventSource.CLOSED, cause]);
});

test('rule 49: close() cancels the stream, even before it has opened', async () => {
  for (const isOpen of [true, false]) {
    await new Promise<void>((resolve) => {
      const source = over(new ReadableStream({ cancel: () => resolve() }));
      if (isOpen) source.onopen = () => source.close();
      else source.close();
    });
  }
});

test('rule 49: last event ID and reconnection time live on through several streams', async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const source = over(readable);
  const log = record(source);
  await streamOf('id: 7\nretry: 250\ndata: a\n\n').pipeTo(writable, { preventClose: true });
  await streamOf('data: b\n\n').pipeTo(writable, { preventClose: true });
  await expect.poll(() => log).toContain('message:b');
  expect(source).toMatchObject({ lastEventId: '7', reconnectionTime: 250 });
  expect(log).toEqual(['open:1', 'message:a', 'message:b']);
});

test('rule 49: reset() drops a partial event, so that a fresh stream can follow', async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const source = over(readable);
  const writer = writable.getWriter();
  await writer.write(bytes('id: 1\ndata: a\n\nid: 2\ndata: lost\nda'));
  await expect.poll(() => source.lastEventId).toBe('1');
  source.reset();
  const message = next(source, 'message');
  await writer.write(bytes('\uFEFFdata: b\n\n'));
  expect(await message).toMatchObject({ data: 'b', lastEventId: '1' });
});

test('rule 49: reset() in a listener keeps the complete events of the chunk and drops the rest', async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const source = over(readable);
  const log = record(source);
  source.addEventListener('message', (event) => event.data === 'a' && source.reset());
  const writer = writable.getWriter();
  await writer.write(bytes('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: lost\n'));
  const message = next(source, 'message', (event) => event.data === 'c');
  await writer.write(bytes('data: c\n\n'));
  expect(await message).toMatchObject({ lastEventId: '2' });
  expect(log).toEqual(['open:1', 'message:a', 'message:b', 'message:c']);
});

test('rule 49: reset() in a listener keeps the complete events of a chunk that is interpreted in pieces', async () => {
  const events = Array.from({ length: 4000 }, (_, index) => `data: ${index}\n\n`);
  const source = over(streamOf(events.join('')));
  const log = record(source);
  source.addEventListener('message', (event) => event.data === '0' && source.reset());
  await next(source, 'error');
  expect(log.filter((entry) => entry.startsWith('message:'))).toHaveLength(events.length);
});

test.each(['', 'a', ':\n', 'data: a\n\n'])(
  'a stream that always has a chunk at once leaves time for the rest of the program (%j)',
  async (chunk) => {
    let isDue = false;
    setTimeout(() => {
      isDue = true;
    }, 1);
    let chunks = 0;
    const source = over(
      new ReadableStream({
        pull(controller) {
          // If timers never got a turn, this would not end.
          if (++chunks > 60_000) controller.error(new Error('starved'));
          else if (isDue) controller.close();
          else controller.enqueue(bytes(chunk));
        },
      }),
    );
    const { error } = await next<Event & { error: FetchEventSourceError }>(source, 'error');
    expect(error.code).toBe('end-of-stream');
  },
);

test('reconnect() does nothing on a source over a stream', async () => {
  const source = over(
    new ReadableStream({ start: (controller) => controller.enqueue(bytes('data: a\n\n')) }),
  );
  const log = record(source);
  await next(source, 'message');
  source.reconnect();
  await new Promise((resolve) => setTimeout(resolve));
  expect([source.readyState, log]).toEqual([FetchEventSource.OPEN, ['open:1', 'message:a']]);
});

const encoded = (text: string) => new Uint8Array(bytes(text)).buffer;

test.each([
  ['text', (text: string) => text],
  ['an ArrayBuffer', encoded],
  ['a DataView', (text: string) => new DataView(encoded(text))],
  ['part of a buffer', (text: string) => new Int8Array(encoded(`xx${text}`), 2)],
])('takes chunks that are %s', async (_what, toChunk) => {
  const source = over(
    new ReadableStream({
      start(controller) {
        for (const text of ['data: é', '\r', '', '\ndata: b\n\n']) controller.enqueue(toChunk(text));
      },
    }),
  );
  expect((await next<MessageEvent>(source, 'message')).data).toBe('é\nb');
});

test('takes bytes and text in turns, and text of any length', async () => {
  const chunks = [bytes('data: a'), 'b', bytes('c\ndat'), `a: ${'d'.repeat(100_000)}`, bytes('\n\n')];
  const source = over(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
      },
    }),
  );
  expect((await next<MessageEvent>(source, 'message')).data).toBe(`abc\n${'d'.repeat(100_000)}`);
});

test.each([
  [1, 'number'],
  [{ data: 'a' }, 'object'],
  [null, 'object'],
  [undefined, 'undefined'],
])('a chunk that is neither bytes nor text fails the source for good: %o', async (chunk, name) => {
  const body = () =>
    new ReadableStream<string>({ start: (controller) => controller.enqueue(chunk as never) });
  const headers = { 'Content-Type': 'text/event-stream' };
  const sources = [
    over(body()),
    connect('https://source.test/', {
      fetch: async () => Object.defineProperty(new Response(null, { headers }), 'body', { value: body() }),
    }),
  ];
  const events = sources.map((source) => next<Event & { error: FetchEventSourceError }>(source, 'error'));
  for (const { error } of await Promise.all(events)) {
    expect([error.code, error.message]).toEqual(['no-body', `Expected chunks of bytes or text, got ${name}`]);
  }
  for (const { readyState } of sources) expect(readyState).toBe(FetchEventSource.CLOSED);
});

import { describe, expect, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceError, type FetchEventSourceInit } from '../src/index.js';
import { connect, eventStream, isWebKit, next, script } from './scripted.js';

/** A source on a stream that the test writes to, and how many chunks it has asked for. */
function open(init?: FetchEventSourceInit) {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const waiting: string[] = [];
  let pulls = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given;
      },
      pull: () => {
        pulls++;
        const text = waiting.shift();
        if (text) controller.enqueue(new TextEncoder().encode(text));
      },
    },
    { highWaterMark: 0 },
  );
  const source = connect('https://source.test/', {
    fetch: async () => eventStream(body),
    reconnect: false,
    ...init,
  });
  return {
    source,
    /** Resolves the next time that the source asks. */
    queue: (...texts: string[]) => void waiting.push(...texts),
    write: (text: string) => controller.enqueue(new TextEncoder().encode(text)),
    end: () => controller.close(),
    pulls: () => pulls,
  };
}

const events = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => `id: ${from + index}\ndata: ${from + index}\n\n`).join('');

async function take(source: AsyncIterable<{ data: string }>, count = Infinity): Promise<string[]> {
  const taken: string[] = [];
  if (count > 0)
    for await (const { data } of source) {
      taken.push(data);
      if (taken.length >= count) break;
    }
  return taken;
}

const thrownBy = (source: AsyncIterable<{ data: string }>): Promise<unknown> =>
  take(source).then(
    () => 'nothing',
    (reason) => reason,
  );

describe('what a loop gets', () => {
  test('every message, whatever its type, in order, and it ends with the stream', async () => {
    const { source, write, end } = open();
    const loop = (async () => {
      const log: string[] = [];
      for await (const { type, data, lastEventId } of source) log.push(`${type}:${data}:${lastEventId}`);
      return log;
    })();
    write(
      'id: 1\ndata: a\n\nevent: price\ndata: b\n\nevent: error\ndata: c\n\nid: 2\nevent: open\ndata: d\n\n',
    );
    await next(source, 'error', (event) => 'data' in event);
    end();
    expect(await loop).toEqual(['message:a:1', 'price:b:1', 'error:c:1', 'open:d:2']);
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
  });

  test('the very events that listeners get', async () => {
    const { source, write } = open();
    const heard = next(source, 'message');
    const iterator = source[Symbol.asyncIterator]();
    write('data: a\n\n');
    const { value } = await iterator.next();
    expect(value).toBe(await heard);
  });

  test('what comes after the call, not what came before', async () => {
    const { source, write } = open();
    write('data: early\n\n');
    await next(source, 'message');
    const iterator = source[Symbol.asyncIterator]();
    write('data: late\n\n');
    await next(source, 'message');
    expect((await iterator.next()).value.data).toBe('late');
  });

  test('the same for several loops, each at its own pace', async () => {
    const { source, write, end } = open();
    const loops = [take(source), take(source), take(source)];
    write(events(3));
    await next(source, 'message', ({ data }) => data === '3');
    end();
    expect(await Promise.all(loops)).toEqual(Array(3).fill(['1', '2', '3']));
  });

  test('calls of next() that do not wait for each other get the events in turn', async () => {
    const { source, write } = open();
    const iterator = source[Symbol.asyncIterator]();
    const calls = [iterator.next(), iterator.next(), iterator.next()];
    write(events(3));
    expect((await Promise.all(calls)).map(({ value }) => value.data)).toEqual(['1', '2', '3']);
  });

  test('events from before and after a connection that broke', async () => {
    const { url, cut } = await script(
      { chunks: ['retry: 1\n\n', events(2)], after: 'hold' },
      { chunks: [events(2, 3)], after: 'hold' },
    );
    const source = connect(url);
    const taken: string[] = [];
    for await (const { data } of source) {
      taken.push(data);
      // Not before it arrived, because a browser may lose what comes right before a reset.
      if (data === '2') await cut();
      if (data === '4') break;
    }
    expect(taken).toEqual(['1', '2', '3', '4']);
  });

  test('an event whose data cannot be parsed', async () => {
    const { source, write } = open({ parse: JSON.parse });
    const iterator = source[Symbol.asyncIterator]();
    write('data: {\n\ndata: 1\n\n');
    expect((await iterator.next()).value).toMatchObject({ type: 'messageerror', data: '{' });
    expect((await iterator.next()).value).toMatchObject({ type: 'message', data: 1 });
  });
});

describe('how a loop ends', () => {
  test('leaving it closes the source', async () => {
    const { url, open: count } = await script({ chunks: [events(5)], after: 'hold' });
    const source = connect(url);
    expect(await take(source, 2)).toEqual(['1', '2']);
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
    await expect.poll(count).toBe(0);
  });

  test('leaving it answers a next() that still waits', async () => {
    const { source } = open();
    const iterator = source[Symbol.asyncIterator]();
    const waiting = iterator.next();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('leaving it drops what is queued', async () => {
    const { source, write } = open();
    const iterator = source[Symbol.asyncIterator]();
    write(events(3));
    await next(source, 'message', ({ data }) => data === '3');
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('throwing in it closes the source', async () => {
    const { source, write } = open();
    write('data: a\n\n');
    const loop = (async () => {
      for await (const _ of source) throw new Error('mine');
    })();
    await expect(loop).rejects.toThrow('mine');
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
  });

  test('close() ends it after what is queued', async () => {
    const { source, write } = open();
    const loop = source[Symbol.asyncIterator]();
    write(events(3));
    await next(source, 'message', ({ data }) => data === '3');
    source.close();
    expect(await take(loop)).toEqual(['1', '2', '3']);
  });

  test('close() in a listener does not take away the event that the listener got', async () => {
    const { source, write } = open();
    const loop = source[Symbol.asyncIterator]();
    source.onmessage = () => source.close();
    write(events(3));
    expect(await take(loop)).toEqual(['1']);
  });

  test('the sentinel ends it', async () => {
    const { source, write } = open({ done: '[DONE]' });
    write('data: a\n\nid: 7\ndata: [DONE]\n\ndata: b\n\n');
    expect(await take(source)).toEqual(['a']);
    expect([source.readyState, source.lastEventId]).toEqual([FetchEventSource.CLOSED, '7']);
  });

  test('an aborted signal is thrown as its reason, after what is queued', async () => {
    const controller = new AbortController();
    const { source, write } = open({ signal: controller.signal });
    const iterator = source[Symbol.asyncIterator]();
    write('data: a\n\n');
    await next(source, 'message');
    const reason = new Error('enough');
    controller.abort(reason);
    expect((await iterator.next()).value.data).toBe('a');
    await expect(iterator.next()).rejects.toBe(reason);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('a final failure is thrown, its response readable in the catch', async () => {
    const { url } = await script({ status: 429, chunks: ['{"error":"slow down"}'] });
    const error = await thrownBy(connect(url, { method: 'POST' }));
    expect(error).toMatchObject({ name: 'FetchEventSourceError', code: 'http-status', status: 429 });
    expect(await (error as FetchEventSourceError).response?.json()).toEqual({ error: 'slow down' });
  });

  test.each([
    ['when nobody reads it', async (source: FetchEventSource) => void (await thrownBy(source))],
    [
      'when the loop was left before it threw',
      async (source: FetchEventSource) => {
        const iterator = source[Symbol.asyncIterator]();
        await next(source, 'error');
        await iterator.return?.();
      },
    ],
  ])('the response of a failure is cancelled %s', async (_name, loop) => {
    const cancel = vi.fn();
    const body = () => new ReadableStream({ cancel });
    await loop(connect('https://source.test/', { fetch: async () => new Response(body(), { status: 500 }) }));
    await expect.poll(() => cancel.mock.calls.length).toBe(1);
  });

  test('the response of a failure that is not final is cancelled while the loop goes on', async () => {
    const cancel = vi.fn();
    const source = connect('https://source.test/', {
      fetch: async () => new Response(new ReadableStream({ cancel }), { status: 503 }),
      reconnect: true,
    });
    const loop = take(source);
    await next(source, 'error');
    await expect.poll(() => cancel.mock.calls.length).toBe(1);
    source.close();
    expect(await loop).toEqual([]);
  });

  test('a POST that breaks throws "not-resumable", one that ends does not', async ({ skip }) => {
    skip(isWebKit, 'WebKitGTK takes a connection that breaks for one that ends');
    const cut = await script({ chunks: [events(1)], after: 'cut' });
    const source = connect(cut.url, { method: 'POST' });
    expect(await thrownBy(source)).toMatchObject({ code: 'not-resumable' });
    const ended = await script({ chunks: [events(1)] });
    expect(await take(connect(ended.url, { method: 'POST' }))).toEqual(['1']);
    expect([(await cut.requests()).length, (await ended.requests()).length]).toEqual([1, 1]);
  });
});

describe('a CLOSED source', () => {
  test('ends a loop at once if it was closed or its stream ended', async () => {
    const closed = open().source;
    closed.close();
    expect(await take(closed)).toEqual([]);
    const ended = open();
    ended.end();
    await next(ended.source, 'error');
    expect(await take(ended.source)).toEqual([]);
  });

  test('throws what it failed with in every loop', async () => {
    const { url } = await script({ status: 404 });
    const source = connect(url);
    const { error } = await next<Event & { error: Error }>(source, 'error');
    expect(await thrownBy(source)).toBe(error);
    expect(await thrownBy(source)).toBe(error);
  });

  test('throws the reason of a signal that was aborted before', async () => {
    const reason = new Error('never mind');
    const source = connect('https://source.test/', { signal: AbortSignal.abort(reason) });
    expect(await thrownBy(source)).toBe(reason);
  });

  test('a close() after the failure changes nothing', async () => {
    const { url } = await script({ status: 404 });
    const source = connect(url);
    const { error } = await next<Event & { error: Error }>(source, 'error');
    source.close();
    expect(await thrownBy(source)).toBe(error);
  });
});

describe('backpressure', () => {
  test('no chunk is read while a loop has 64 events waiting; then reading goes on', async () => {
    const { source, queue, pulls } = open();
    const iterator = source[Symbol.asyncIterator]();
    queue(events(63), events(1, 64), events(1, 65), events(1, 66));
    await next(source, 'message', ({ data }) => data === '64');
    await new Promise((resolve) => setTimeout(resolve));
    expect(pulls()).toBe(2);
    expect((await iterator.next()).value.data).toBe('1');
    await next(source, 'message', ({ data }) => data === '65');
    await new Promise((resolve) => setTimeout(resolve));
    expect(pulls()).toBe(3);
    expect(await take(iterator, 65)).toEqual(Array.from({ length: 65 }, (_, index) => `${index + 2}`));
  });

  test('the slowest loop decides', async () => {
    const { source, queue, pulls } = open();
    const slow = source[Symbol.asyncIterator]();
    const fast = source[Symbol.asyncIterator]();
    queue(events(64), events(1, 65));
    await next(source, 'message', ({ data }) => data === '64');
    for (let count = 0; count < 64; count++) await fast.next();
    await new Promise((resolve) => setTimeout(resolve));
    expect(pulls()).toBe(1);
    await slow.next();
    await next(source, 'message', ({ data }) => data === '65');
  });

  test('the time for which a loop holds the stream back does not count as silence', async () => {
    vi.useFakeTimers();
    const { source, queue } = open({ idleTimeout: 1000 });
    const iterator = source[Symbol.asyncIterator]();
    queue(events(64));
    await vi.advanceTimersByTimeAsync(5000);
    expect(source.readyState).toBe(FetchEventSource.OPEN);
    await iterator.next();
    await vi.advanceTimersByTimeAsync(5000);
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
    vi.useRealTimers();
  });

  test('close() while a loop holds the stream back ends it after what is queued', async () => {
    const { source, queue } = open();
    const iterator = source[Symbol.asyncIterator]();
    queue(events(64), events(1, 65));
    await next(source, 'message', ({ data }) => data === '64');
    source.close();
    expect(await take(iterator)).toHaveLength(64);
  });

  test('reconnect() while a loop holds the stream back reads nothing before there is room', async () => {
    const { url, requests } = await script({ chunks: [events(64)], after: 'hold' });
    const source = connect(url);
    const iterator = source[Symbol.asyncIterator]();
    await next(source, 'message', ({ data }) => data === '64');
    const reopened = next(source, 'open');
    source.reconnect();
    await reopened;
    await new Promise((resolve) => setTimeout(resolve));
    expect((await requests()).length).toBe(2);
    const again = next(source, 'message', ({ data }) => data === '64');
    expect(await take({ [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) }, 64)).toHaveLength(
      64,
    );
    await again;
  });
});

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceInit, type Schema } from '../src/index.js';
import { createMessage } from '../src/source/event-dispatcher.js';
import { connect, eventStream, next } from './scripted.js';

/** A source over the text, and everything that its loop gets. */
async function collect(text: string, init: { parse?: unknown; done?: FetchEventSourceInit['done'] }) {
  const source = connect('https://source.test/', {
    fetch: async () => eventStream(text),
    reconnect: false,
    ...(init as FetchEventSourceInit),
  });
  const log: [type: string, data: unknown][] = [];
  for await (const { type, data } of source) log.push([type, data]);
  return { source, log };
}

/** In the style of validation libraries: it accepts what has an amount. */
const schema: Schema<{ amount: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof (value as { amount?: unknown } | null)?.amount === 'number'
        ? { value: { amount: (value as { amount: number }).amount } }
        : { issues: [{ message: 'no amount' }] },
  },
};

describe('parse', () => {
  test('makes the data of every event, and is told its type', async () => {
    const parse = vi.fn((data: string, type: string) => [data, type]);
    const { log } = await collect('data: 1\n\nevent: price\ndata: 2\ndata: 3\n\n', { parse });
    expect(log).toEqual([
      ['message', ['1', 'message']],
      ['price', ['2\n3', 'price']],
    ]);
    expect(parse).toHaveBeenCalledTimes(2);
  });

  test('keeps ID and origin', async () => {
    const source = connect('https://source.test/', {
      fetch: async () => eventStream('id: 7\ndata: [1]\n\n'),
      parse: JSON.parse,
    });
    const event = await next(source, 'message');
    expect(event).toBeInstanceOf(MessageEvent);
    expect(event).toMatchObject({ data: [1], lastEventId: '7', origin: 'https://source.test' });
  });

  test('what it throws makes a "messageerror" with the text and the reason, and the stream goes on', async () => {
    const source = connect('https://source.test/', {
      fetch: async () => eventStream('event: price\nid: 1\ndata: {\n\ndata: 2\n\n'),
      parse: JSON.parse,
    });
    const price = vi.fn();
    source.addEventListener('price', price);
    const failed = next(source, 'messageerror');
    const after = next(source, 'message');
    expect(await failed).toMatchObject({ data: '{', lastEventId: '1', error: { name: 'SyntaxError' } });
    expect(await failed).toBeInstanceOf(MessageEvent);
    expect((await after).data).toBe(2);
    expect(price).not.toHaveBeenCalled();
  });

  test('an object has a parser for each type; other events keep their text', async () => {
    const { log } = await collect(
      'data: 1\n\nevent: price\ndata: {"amount":2}\n\nevent: constructor\ndata: 3\n\nevent: __proto__\ndata: 4\n\n',
      { parse: { price: JSON.parse, message: Number } },
    );
    expect(log).toEqual([
      ['message', 1],
      ['price', { amount: 2 }],
      ['constructor', '3'],
      ['__proto__', '4'],
    ]);
  });

  test('undefined becomes null, as in every MessageEvent', async () => {
    const { log } = await collect('data: 1\n\nevent: price\ndata: 2\n\n', {
      parse: { message: () => undefined, price: () => null },
    });
    expect(log).toEqual([
      ['message', null],
      ['price', null],
    ]);
  });

  test.each([
    ['alone', schema],
    ['of a type', { message: schema }],
    ['that is a function as well', Object.assign(() => 'not asked', schema)],
  ])('a schema %s validates the JSON', async (_name, parse) => {
    const { log } = await collect('data: {"amount":1,"more":2}\n\ndata: {"amount":"1"}\n\ndata: {\n\n', {
      parse,
    });
    expect(log).toEqual([
      ['message', { amount: 1 }],
      ['messageerror', '{"amount":"1"}'],
      ['messageerror', '{'],
    ]);
  });

  test.each([
    ['asynchronous', async () => ({ value: 1 })],
    [
      'of the kind that gives a value along with issues',
      () => ({ value: 1, issues: [{ message: 'wrong' }] }),
    ],
    ['that gives nothing', () => undefined],
    [
      'that rejects',
      async () => {
        throw new Error('mine');
      },
    ],
  ])('a schema %s lets nothing through', async (_name, validate) => {
    const parse = { '~standard': { version: 1, vendor: 'test', validate } } as unknown as Schema<number>;
    const { log } = await collect('data: 1\n\n', { parse });
    expect(log).toEqual([['messageerror', '1']]);
  });

  test('is null when nobody wants it', async () => {
    const { log } = await collect('data: 1\n\n', { parse: null as unknown as undefined });
    expect(log).toEqual([['message', '1']]);
  });

  test.each([
    ['a string', 'json', 'parse: got json'],
    ['a number', 5, 'parse: got 5'],
    ['true', true, 'parse: got true'],
    ['an object of something else', { price: 'json' }, 'parse: got json'],
  ])('%s is a TypeError at once', (_name, parse, message) => {
    expect(() => new FetchEventSource('https://source.test/', { parse: parse as never })).toThrow(
      new TypeError(message),
    );
  });
});

describe('done', () => {
  test('its event closes the source, is not dispatched, and sets the last event ID', async () => {
    const { source, log } = await collect(
      'data: a\n\nid: 2\nevent: end\ndata: [DONE]\n\nid: 3\ndata: b\n\n',
      {
        done: '[DONE]',
      },
    );
    expect(log).toEqual([['message', 'a']]);
    expect(source).toMatchObject({ readyState: FetchEventSource.CLOSED, lastEventId: '2' });
  });

  test('fires no error', async () => {
    const source = connect('https://source.test/', {
      fetch: async () => eventStream('data: a\n\ndata: [DONE]\n\n'),
      done: '[DONE]',
    });
    const onError = vi.fn();
    source.onerror = onError;
    await next(source, 'message');
    await expect.poll(() => source.readyState).toBe(FetchEventSource.CLOSED);
    expect(onError).not.toHaveBeenCalled();
  });

  test('is not part of another text', async () => {
    const { log } = await collect('data: [DONE] \n\ndata: [DONE]\ndata: \n\n', { done: '[DONE]' });
    expect(log).toHaveLength(2);
  });

  test('a function is asked about each event and its text, before parse', async () => {
    const parse = vi.fn(JSON.parse);
    const seen: unknown[] = [];
    const { log } = await collect('id: 1\ndata: 1\n\nid: 2\nevent: bye\ndata: no JSON\n\n', {
      parse,
      done: (event) => {
        seen.push([event instanceof MessageEvent, event.type, event.data, event.lastEventId]);
        return event.type === 'bye';
      },
    });
    expect(seen).toEqual([
      [true, 'message', '1', '1'],
      [true, 'bye', 'no JSON', '2'],
    ]);
    expect(log).toEqual([['message', 1]]);
    expect(parse).toHaveBeenCalledTimes(1);
  });

  test('a promise is not an answer: it is reported, and the event is dispatched', () => {
    const report = vi.fn();
    vi.stubGlobal('queueMicrotask', report);
    onTestFinished(() => void vi.unstubAllGlobals());
    const source = { done: (async () => false) as never, parse: undefined };
    const event = createMessage(source, 'message', { data: 'a', origin: 'null', lastEventId: '' });
    vi.unstubAllGlobals();
    expect(event?.data).toBe('a');
    expect(report.mock.calls[0]?.[0]).toThrow(new TypeError('done: got a promise'));
  });

  test('an empty text may be the sentinel', async () => {
    const { log } = await collect('data: a\n\ndata\n\ndata: b\n\n', { done: '' });
    expect(log).toEqual([['message', 'a']]);
  });

  test.each([[5], [true], [{}]])('%s is a TypeError at once', (done) => {
    expect(() => new FetchEventSource('https://source.test/', { done: done as never })).toThrow(
      new TypeError(`done: got ${done}`),
    );
  });
});

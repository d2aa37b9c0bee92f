import { describe, expect, onTestFinished, test } from 'vitest';
import { server } from 'vitest/browser';
import { FetchEventSource } from '../../src/index.js';
import { next, type ScriptedResponse, script, utf8 } from '../scripted.js';

const Native = globalThis.EventSource;
const CLASSES = [Native, FetchEventSource];

/** A source of the class, closed at the end of the test. */
function create(Class: typeof EventSource, url: string): EventSource {
  const source = new Class(url);
  onTestFinished(() => source.close());
  return source;
}

/** Resolves with the error event after which the source is CLOSED. */
const closed = (source: EventSource) => next(source, 'error', () => source.readyState === Native.CLOSED);

/** The results of `act` with each class, the native one first, on two scripts with the same responses. */
async function both<T>(
  responses: ScriptedResponse[],
  act: (source: EventSource) => T | Promise<T>,
): Promise<{ native: T; ours: T; requests: Record<string, unknown>[][] }> {
  const requests: Record<string, unknown>[][] = [];
  const [native, ours] = await Promise.all(
    CLASSES.map(async (Class, index) => {
      const served = await script(...responses);
      const result = await act(create(Class, served.url));
      requests[index] = (await served.requests()).map(({ url: _, ...request }) => request);
      return result;
    }),
  );
  return { native: native as T, ours: ours as T, requests };
}

/** All responses that the article's client sees, and then the end. */
const LIFE: ScriptedResponse[] = [
  {
    chunks: [
      'retry: 1\nid: 1\n: comment\ndata: a\n\nevent: signup\ndata: {"name":\ndata: "Ada"}\n\n',
      `id: ${utf8('é€')}\ndata\n\nid: nothing\n\n`,
      'event: open\ndata: o\n\nevent: error\nid: 2\ndata: e\n\nevent: unheard\ndata: u\n\ndata: lost',
    ],
  },
  {
    chunks: [
      utf8('\ufeffdata: first\n\n\ufeffdata: unknown field\n\n'),
      'data: b\r\rid\rdata: c\r',
      '\n\r\n',
    ],
  },
  { status: 204 },
];

describe('instead of the native class', () => {
  /** As in many articles about server-sent events. */
  function follow(url: string, log: string[]): EventSource {
    const source = new EventSource(url);
    source.onopen = () => log.push('open');
    source.onmessage = (event) => log.push(event.data);
    source.addEventListener('signup', (event) => log.push(`${JSON.parse(event.data).name} signed up`));
    source.onerror = () => {
      log.push(source.readyState === EventSource.CONNECTING ? 'reconnecting' : 'gone');
    };
    return source;
  }

  test('a client that knows only EventSource works as before', async () => {
    const logs: string[][] = [];
    onTestFinished(() => {
      globalThis.EventSource = Native;
    });
    for (const Class of CLASSES) {
      globalThis.EventSource = Class;
      const log: string[] = [];
      logs.push(log);
      const served = await script(
        { chunks: ['retry: 1\ndata: a\n\n', 'event: signup\ndata: {"name":"Ada"}\n\n'] },
        { chunks: ['data: b\n\n'] },
        { status: 404 },
      );
      await closed(follow(served.url, log));
    }
    const [native, ours] = logs;
    expect(ours).toEqual(['open', 'a', 'Ada signed up', 'reconnecting', 'open', 'b', 'reconnecting', 'gone']);
    expect(ours).toEqual(native);
  });

  test('every event comes with the same type, data, ID, origin and state, in the same order', async () => {
    const { native, ours } = await both(LIFE, async (source) => {
      const log: unknown[] = [];
      for (const type of ['open', 'message', 'signup', 'error']) {
        source.addEventListener(type, (event) => {
          const { data, lastEventId, origin } = event as MessageEvent;
          const isMessage = event instanceof MessageEvent;
          log.push({ type: event.type, isMessage, data, lastEventId, origin, readyState: source.readyState });
        });
      }
      await closed(source);
      return log;
    });
    expect(native).toHaveLength(13);
    // rule 24, which Firefox breaks: an ID without data takes effect at the next blank line
    if (server.browser === 'firefox') Object.assign(native[4] ?? {}, { lastEventId: 'nothing' });
    expect(ours).toEqual(native);
  });

  test('rules 11 and 15: a connection that breaks in the middle of an event has the same effect', async () => {
    const log = await Promise.all(
      CLASSES.map(async (Class) => {
        const served = await script(
          { chunks: ['retry: 1\ndata: a\n\ndata: lo'], after: 'hold' },
          { status: 404 },
        );
        const source = create(Class, served.url);
        const states: number[] = [];
        source.onerror = () => states.push(source.readyState);
        const end = closed(source);
        await next(source, 'message');
        await served.cut();
        await end;
        return [states, (await served.requests()).length];
      }),
    );
    expect(log[1]).toEqual([[0, 2], 2]);
    expect(log[1]).toEqual(log[0]);
  });

  test('rules 4 and 39: the server gets the same requests', async () => {
    const { requests } = await both(LIFE, closed);
    const [native, ours] = requests;
    expect(ours).toHaveLength(3);
    expect(ours).toEqual(native);
  });

  test('rule 27: every property of a message event is the same', async () => {
    const stream = ['data: a\n\n', 'id: 7\ndata: b\ndata: c\n\n', 'event: signup\ndata: d\n\n'];
    const { native, ours } = await both([{ chunks: stream, after: 'hold' }], async (source) => {
      const events: unknown[] = [];
      const listener = (event: Event) => void events.push(describeEvent(event));
      source.addEventListener('message', listener);
      source.addEventListener('signup', listener);
      await next(source, 'signup');
      return events;
    });
    expect(ours).toHaveLength(3);
    expect(ours).toEqual(native);
  });

  test('rules 31 to 34: every property of an open and of an error event is the same', async () => {
    const { native, ours } = await both([{ chunks: ['retry: 1\n\n'] }, { status: 500 }], async (source) => {
      const events: Record<string, unknown>[] = [];
      const listener = (event: Event) => void events.push(describeEvent(event));
      source.addEventListener('open', listener);
      source.addEventListener('error', listener);
      await closed(source);
      return events;
    });
    expect(native).toHaveLength(3);
    expect(ours).toHaveLength(3);
    // Ours also have their extras.
    expect(ours).toMatchObject(native);
  });
});

/** Everything that a listener can see of an event, except the time and what no script can imitate. */
function describeEvent(event: Event): Record<string, unknown> {
  const {
    isTrusted: _,
    timeStamp: __,
    ...rest
  } = Object.fromEntries(
    // biome-ignore lint/suspicious/noExplicitAny: whatever there is
    allKeys(event).map((key) => [key, (event as any)[key]]),
  );
  for (const [key, value] of Object.entries(rest)) {
    if (value === event.target) rest[key] = 'the source';
  }
  return {
    ...rest,
    path: event.composedPath().map((target) => target === event.target),
    isPlain: Object.getPrototypeOf(event) === event.constructor.prototype,
    tag: String(event),
  };
}

/** In the order of `for…in`. */
function allKeys(object: object): string[] {
  const keys: string[] = [];
  for (const key in object) keys.push(key);
  return keys;
}

describe('large streams', () => {
  test('an event much larger than a chunk arrives complete, as from the native class', async () => {
    const line = 'aä€😀'.repeat(20_000);
    const bytes = utf8('aä€😀').repeat(20_000);
    const cut = 3 * 2 ** 16 + 1;
    const chunks = ['data: small\n\ndata: ', bytes.slice(0, cut), bytes.slice(cut), '\ndata: end\n\n'];
    const { native, ours } = await both([{ chunks, after: 'hold' }], async (source) => {
      const event = await next(source, 'message', ({ data }) => data !== 'small');
      return event.data as string;
    });
    expect(bytes.length).toBeGreaterThan(2 ** 17);
    // Not toBe(): on failure that would print everything.
    expect(ours.length).toBe(line.length + 4);
    expect(ours === `${line}\nend`).toBe(true);
    expect(native === ours).toBe(true);
  });

  test('2,000 events arrive complete and in order, wherever the stream is cut', async () => {
    const count = 2000;
    const texts = Array.from({ length: count }, (_, index) => `${index} ${'ü€😀'.repeat(index % 7)}`);
    const stream = texts.map((text, index) => `id: ${index}\ndata: ${utf8(text)}\n\n`).join('');
    const chunks = stream.match(/.{1,997}/gs) ?? [];
    const { native, ours } = await both([{ chunks, after: 'hold' }], async (source) => {
      const events: [string, string][] = [];
      source.onmessage = ({ data, lastEventId }) => events.push([data, lastEventId]);
      await next(source, 'message', ({ lastEventId }) => lastEventId === String(count - 1));
      return events;
    });
    expect(ours).toEqual(texts.map((text, index) => [text, String(index)]));
    expect(ours).toEqual(native);
  });
});

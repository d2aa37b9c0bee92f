import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceInit } from '../src/index.js';
import { connect, eventStream, settle } from './scripted.js';

const URL_STRING = 'https://source.test/feed?key=to-ken';
const MESSAGE = 'Expected 200 text/event-stream, got 401 without a type from https://source.test/feed';

const refused: typeof fetch = async () => new Response(null, { status: 401 });
const unreadable: typeof fetch = async () => eventStream('data: {\n\ndata: to-ken\n\n: more\n');

/** What is said on the console from now on. */
function listenToConsole(): string[][] {
  const said: string[][] = [];
  for (const level of ['error', 'warn'] as const) {
    const spy = vi.spyOn(console, level).mockImplementation((...texts) => void said.push([level, ...texts]));
    onTestFinished(() => spy.mockRestore());
  }
  return said;
}

/** What is said of a source that `act` gets before anything happens. */
async function hear(
  init: FetchEventSourceInit,
  act: (source: FetchEventSource) => void = () => {},
): Promise<string[][]> {
  const said = listenToConsole();
  act(connect(URL_STRING, init));
  await settle();
  return said;
}

const ignore = () => {};
const { signal } = new AbortController();

describe('a final failure that nobody listens for', () => {
  test('is said once on the console', async () => {
    expect(await hear({ fetch: refused })).toEqual([['error', MESSAGE]]);
  });

  test.each<[string, (source: FetchEventSource) => void]>([
    [
      'onmessage',
      (source) => {
        source.onmessage = ignore;
      },
    ],
    ['a listener for something else', (source) => source.addEventListener('errors', ignore)],
    [
      'a handler that was taken back',
      (source) => {
        source.onerror = ignore;
        source.onerror = null;
      },
    ],
    [
      'a listener that was removed',
      (source) => {
        source.addEventListener('error', ignore);
        source.addEventListener('error', ignore);
        source.removeEventListener('error', ignore);
      },
    ],
  ])('is said in spite of %s', async (_what, act) => {
    expect(await hear({ fetch: refused }, act)).toEqual([['error', MESSAGE]]);
  });

  // happy-dom calls it.
  test.skipIf('happyDOM' in globalThis)('is said in spite of null as a listener', async () => {
    const said = await hear({ fetch: refused }, (source) => source.addEventListener('error', null as never));
    expect(said).toEqual([['error', MESSAGE]]);
  });

  test.each<[string, (source: FetchEventSource) => void]>([
    [
      'a handler',
      (source) => {
        source.onerror = ignore;
      },
    ],
    ['a listener', (source) => source.addEventListener('error', ignore)],
    ['an object', (source) => source.addEventListener('error', { handleEvent: ignore })],
    [
      'a listener that is to be called once',
      (source) => source.addEventListener('error', ignore, { once: true }),
    ],
    ['a listener with a signal', (source) => source.addEventListener('error', ignore, { signal })],
    [
      'one of two listeners',
      (source) => {
        source.addEventListener('error', ignore);
        source.addEventListener('error', () => {});
        source.removeEventListener('error', ignore);
      },
    ],
    [
      'a listener in spite of a removal that removes nothing',
      (source) => {
        source.addEventListener('error', ignore);
        source.removeEventListener('error', () => {});
        source.removeEventListener('message', ignore);
      },
    ],
  ])('is not said where there is %s', async (_what, act) => {
    expect(await hear({ fetch: refused }, act)).toEqual([]);
  });

  test('is not said where there is a loop', async () => {
    let failure: unknown;
    const loop = async (source: FetchEventSource) => {
      for await (const _event of source);
    };
    const said = await hear({ fetch: refused }, (source) => {
      loop(source).catch((error) => {
        failure = error;
      });
    });
    expect(failure).toHaveProperty('message', MESSAGE);
    expect(said).toEqual([]);
  });

  test.each<[string, FetchEventSourceInit, (source: FetchEventSource) => void]>([
    ['close()', { fetch: refused }, (source) => source.close()],
    ['a signal', { fetch: refused, signal: AbortSignal.abort() }, ignore],
    ['a clean end', { fetch: async () => eventStream('data: a\n\n'), reconnect: false }, ignore],
    ['an end that is not final', { fetch: () => Promise.reject(new Error()) }, ignore],
    ['done', { fetch: async () => eventStream('data: x\n\n'), done: 'x' }, ignore],
  ])('%s is none', async (_what, init, act) => {
    expect(await hear(init, act)).toEqual([]);
  });
});

describe('a messageerror that nobody listens for', () => {
  const init = { fetch: unreadable, parse: JSON.parse };
  const SAID = [['warn', 'parse failed: listen for messageerror']];

  test('is said once on the console, without the data', async () => {
    expect(await hear(init)).toEqual(SAID);
  });

  test('is said to who listens for errors only', async () => {
    expect(
      await hear(init, (source) => {
        source.onerror = source.onmessage = ignore;
      }),
    ).toEqual(SAID);
  });

  test('is not said where there is a listener, or a loop', async () => {
    expect(await hear(init, (source) => source.addEventListener('messageerror', ignore))).toEqual([]);
    expect(await hear(init, (source) => void source[Symbol.asyncIterator]())).toEqual([]);
  });

  test('is none if the server calls a message so', async () => {
    const fetch = async () => eventStream('event: messageerror\ndata: 1\n\n');
    expect(await hear({ fetch, parse: JSON.parse })).toEqual([]);
  });
});

test('a subclass, and a polyfill that replaces addEventListener, are heard', async () => {
  const add = vi.spyOn(EventTarget.prototype, 'addEventListener');
  onTestFinished(() => add.mockRestore());
  class Mine extends FetchEventSource {}
  const said = listenToConsole();
  const source = new Mine(URL_STRING, { fetch: refused });
  source.addEventListener('error', ignore);
  await settle();
  expect(said).toEqual([]);
  expect(add).toHaveBeenCalledWith('error', ignore, undefined);
});

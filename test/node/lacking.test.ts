import { afterEach, expect, test, vi } from 'vitest';
import { FetchEventSource } from '../../src/index.js';
import { invoke } from '../../src/platform/callbacks.js';
import { drain, hold, PlainController } from '../plain-signals.js';
import { connect, eventStream, next } from '../scripted.js';

afterEach(() => void vi.unstubAllGlobals());

/** Globals that some runtime lacks, React Native above all. */
const LACKING = ['DOMException', 'MessageEvent', 'performance', 'reportError', 'setImmediate'];

test.each(LACKING)('without %s a source opens, delivers, reconnects and closes', async (name) => {
  vi.stubGlobal(name, undefined);
  let attempts = 0;
  const source = connect('https://example.org/', {
    fetch: async () => eventStream(attempts++ ? new ReadableStream() : 'id: 7\ndata: hi\n\n'),
    reconnect: { reconnectionTime: 1 },
  });
  expect(await next(source, 'message')).toMatchObject({
    data: 'hi',
    lastEventId: '7',
    origin: 'https://example.org',
  });
  await next(source, 'open');
  source.close();
  expect([attempts, source.readyState]).toEqual([2, FetchEventSource.CLOSED]);
});

test.each(LACKING)('without %s a wrong URL is a SyntaxError', (name) => {
  vi.stubGlobal(name, undefined);
  for (const url of ['/relative', 'http://[']) {
    expect(() => new FetchEventSource(url)).toThrow(expect.objectContaining({ name: 'SyntaxError' }));
  }
});

test('without DOMException a loop that is aborted throws an Error of that name', async () => {
  vi.stubGlobal('DOMException', undefined);
  const controller = new PlainController();
  const source = connect('https://example.org/', { fetch: hold, signal: controller.signal });
  const thrown = drain(source);
  controller.abort();
  expect(await thrown).toMatchObject({ name: 'AbortError' });
});

test('without queueMicrotask an exception of the caller is still reported', () => {
  // Not a whole source: the constructor of Node's own Response needs queueMicrotask.
  vi.stubGlobal('queueMicrotask', undefined);
  const report = vi.fn();
  vi.stubGlobal('setTimeout', report);
  const mine = new Error('mine');
  invoke(() => {
    throw mine;
  });
  expect(report).toHaveBeenCalledOnce();
  expect(report.mock.calls[0]?.[0]).toThrow(mine);
});

test.each([
  ['a function', () => {}],
  ['a string', 'acme'],
  ['what could be an option', 5],
])('%s that somebody adds to Object.prototype counts for nothing', async (_what, value) => {
  const names = ['clone', 'brand', 'idleTimeout', 'maxFailures', 'X-Brand'];
  for (const name of names) {
    Object.defineProperty(Object.prototype, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  try {
    const fetch = async () => eventStream(new ReadableStream());
    for (const init of [
      undefined,
      {},
      { withCredentials: true },
      { Authorization: 'Bearer t' },
      { reconnect: { maxBackoff: 2 } },
      { parse: JSON.parse },
      new Request('https://example.org/'),
    ]) {
      expect(new FetchEventSource('https://example.org/', init as object).close()).toBeUndefined();
    }
    await next(connect('https://example.org/', { fetch }), 'open');
  } finally {
    for (const name of names) Reflect.deleteProperty(Object.prototype, name);
  }
});

test('functions of the caller get no `this`, so that none can change the options', async () => {
  const seen: unknown[] = [];
  const source = connect('https://example.org/', {
    fetch: async () => eventStream(':\n'),
    onComment(this: unknown) {
      seen.push(this);
    },
    reconnect: {
      shouldReconnect(this: unknown) {
        seen.push(this);
        return false;
      },
    },
  });
  await next(source, 'error');
  expect(seen).toEqual([undefined, undefined]);
});

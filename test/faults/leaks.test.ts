import { getEventListeners } from 'node:events';
import { FetchEventSource } from 'eventsource-fetch';
import { expect, test } from 'vitest';
import {
  catchWarnings,
  connect,
  EAGER,
  type Init,
  listenOk,
  next,
  runChild,
  streamOf,
  until,
} from './harness.js';
import { chunk, end, flood, head, hold, listen, pour, reset, status } from './server.js';

/** Over a kept connection, so that a thousand of these are quick. */
const BRIEF = hold(`${head('Content-Length: 9')}data: a\n\n`);
const AT_ONCE: Init = { reconnect: { reconnectionTime: 0 } };
const MB = 1e6;

/** The heap in use, in bytes, after garbage collection. */
async function heap(): Promise<number> {
  for (let count = 0; count < 3; count++) {
    await new Promise((resolve) => setTimeout(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test.each<[outcome: string, init: Init, behaviour: Parameters<typeof listen>[0]]>([
  ['streams', {}, BRIEF],
  ['streams, with time-outs', { connectTimeout: 1e6, idleTimeout: 1e6 }, BRIEF],
  ['refusals', {}, hold(status('503 Down', 'Content-Length: 0'))],
])(
  'a thousand %s leave neither listeners on the caller’s signal nor timers',
  async (_outcome, init, behaviour) => {
    const warnings = catchWarnings();
    const { signal } = new AbortController();
    const server = await listen(behaviour);
    const before = timers();
    const source = connect(server.url, {
      ...init,
      signal,
      reconnect: { reconnectionTime: 0, maxBackoff: 0 },
    });
    let most = 0;
    let mostTimers = 0;
    source.onerror = () => {
      most = Math.max(most, getEventListeners(signal, 'abort').length);
      mostTimers = Math.max(mostTimers, timers());
    };
    await until(() => server.requests.length >= 1000, 60_000);
    expect(most).toBe(1);
    // Some belong to undici, to the test runner, and to this wait.
    expect(mostTimers - before).toBeLessThan(15);
    source.close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(warnings).toEqual([]);
  },
  60_000,
);

test('the heap is as large after 5,000 connections as after 1,000', async () => {
  let requests = 0;
  const server = await listen((socket, request) => {
    requests++;
    (server.requests as unknown[]).length = 0;
    return BRIEF(socket, request);
  });
  const source = connect(server.url, AT_ONCE);
  await until(() => requests >= 1000, 60_000);
  const before = await heap();
  await until(() => requests >= 5000, 60_000);
  expect((await heap()) - before).toBeLessThan(2 * MB);
  source.close();
}, 120_000);

test('the heap is as large after a million events as after 100,000', async () => {
  const server = await listen(pour(head(), 'id: 1\ndata: a\n\n'.repeat(1000), 1001, ''));
  const source = connect(server.url);
  let events = 0;
  source.onmessage = () => {
    events++;
  };
  await until(() => events > 1e5, 60_000);
  const before = await heap();
  await until(() => events > 1e6, 60_000);
  expect((await heap()) - before).toBeLessThan(2 * MB);
}, 120_000);

test('300 sources that were closed leave nothing in the heap, and nothing on the signal they shared', async () => {
  const server = await listenOk('data: a\n\n');
  const { signal } = new AbortController();
  const openAndClose = async (count: number) => {
    for (; count > 0; count--) {
      const source = new FetchEventSource(server.url, { signal });
      await next(source, 'message');
      source.close();
    }
    (server.requests as unknown[]).length = 0;
    await until(() => server.open() === 0);
    (server.sockets as unknown[]).length = 0;
  };
  await openAndClose(100);
  const before = await heap();
  await openAndClose(300);
  expect((await heap()) - before).toBeLessThan(2 * MB);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a source that was closed can be collected, even while its signal lives on', async () => {
  const server = await listenOk('data: a\n\n');
  const { signal } = new AbortController();
  const open = async () => {
    const source = new FetchEventSource(server.url, { signal });
    await next(source, 'message');
    source.close();
    return new WeakRef(source);
  };
  const reference = await open();
  await until(() => {
    globalThis.gc?.();
    return !reference.deref();
  });
});

test('a source that breaks 200 times holds one connection', async () => {
  const server = await listen(reset(head('Transfer-Encoding: chunked'), chunk('data: a\n\n')));
  const source = connect(server.url, EAGER);
  await until(() => server.requests.length >= 200, 30_000);
  expect(server.open()).toBeLessThanOrEqual(2);
  source.close();
  await until(() => server.open() === 0);
});

test('a stream that is busy for long adds no listeners to the signal of its attempt', async () => {
  let signal: AbortSignal | undefined;
  let events = 0;
  const source = connect('http://127.0.0.1/', {
    headers: (attempt) => {
      signal = attempt.signal;
      return {};
    },
    fetch: async () => streamOf('data: a\n\n'.repeat(1e5)),
    ...AT_ONCE,
  });
  source.onmessage = () => {
    // As long as it takes to yield to others many times.
    for (const end = performance.now() + 0.1; events % 10 === 0 && performance.now() < end; );
    events++;
  };
  await until(() => events >= 99_000);
  expect(getEventListeners(signal as AbortSignal, 'abort').length).toBeLessThan(8);
});

test('failures of every kind, one after the other, are seen only by their listeners', async () => {
  const stopped = await listen(BRIEF);
  await stopped.stop();
  const behaviours: [code: string, behaviour: Parameters<typeof listen>[0]][] = [
    ['network', reset()],
    ['network', reset(head('Transfer-Encoding: chunked'), chunk('data: a'))],
    ['network', end('noise')],
    ['end-of-stream', end(head(), 'data: a')],
    ['http-status', flood(status('500 Broken'), 'x'.repeat(1000))],
    ['content-type', flood(status('200 OK'), 'x'.repeat(1000))],
    ['redirect', hold(status('302 Found', 'Location: ftp://a/', 'Content-Length: 0'))],
    ['event-too-large', flood(`${head()}data:`, 'x'.repeat(1000))],
    ['connect-timeout', () => {}],
    ['idle-timeout', hold(head())],
    ['network', hold(head('Content-Encoding: gzip'), 'no gzip')],
  ];
  const urls = [stopped.url];
  for (const [, behaviour] of behaviours) urls.push((await listen(behaviour)).url);
  const init = { connectTimeout: 500, idleTimeout: 500, maxEventSize: 10_000 };
  expect(await runChild('fail', urls, init)).toEqual(['network', ...behaviours.map(([code]) => code)]);
});

test('a source that failed lets its process end, whatever its time-outs', async () => {
  const server = await listen(hold(status('404 Not Found')));
  const init = { connectTimeout: 1e6, idleTimeout: 1e6 };
  expect(await runChild('fail', [server.url], init)).toEqual(['http-status']);
});

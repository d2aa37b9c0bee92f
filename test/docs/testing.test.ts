import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceError, type FetchEventSourceInit } from '../../src/index.js';
import { EventStreamEncoder } from '../../src/stream.js';
import { readPage, run as runBlock } from '../node/page.js';
import { eventStream, next } from '../scripted.js';
import { closeBrowser, openPage } from './chromium.js';

const { left, take } = readPage('docs/testing.md');

const sources: FetchEventSource[] = [];

class Recorded extends FetchEventSource {
  constructor(url: string, init?: FetchEventSourceInit) {
    super(url, init);
    sources.push(this);
  }
}

afterEach(() => {
  for (const source of sources.splice(0)) source.close();
});

afterAll(closeBrowser);

const run = (code: string, names: Record<string, unknown> = {}) =>
  runBlock(code, { FetchEventSource: Recorded, ...names });

test('your own fetch answers one request after the other', async () => {
  const output = await run(take('answers.shift()'));
  await expect
    .poll(() => output)
    .toEqual([
      ['https://api.example.com/feed', null],
      ['one'],
      ['end-of-stream', expect.any(Number)],
      ['https://api.example.com/feed', '7'],
      ['two'],
      ['end-of-stream', expect.any(Number)],
      ['https://api.example.com/feed', '7'],
      ['http-status', undefined],
    ]);
  expect(output[2]?.[1]).toBe(0);
});

test('what your own fetch throws is the cause', async () => {
  const output = await run(take("'offline'"));
  await expect.poll(() => output).toEqual([['network', 'offline']]);
});

test('your own stream carries what is written to it', async () => {
  const output = await run(take('fromReadableStream'), { EventStreamEncoder });
  await expect.poll(() => output).toEqual([['Ada', '7'], ['end-of-stream']]);
});

test('fake timers pass the waits', async () => {
  expect(await run(take('useFakeTimers'), { vi })).toEqual([
    [503, true],
    [503, false],
  ]);
});

test('msw answers with a stream that stays open', async () => {
  let close = () => {};
  const setup = (...args: Parameters<typeof setupServer>) => {
    const server = setupServer(...args);
    close = () => server.close();
    // The tests' own server must still be reachable.
    return { listen: () => server.listen({ onUnhandledRequest: 'bypass' }) };
  };
  const names = { setupServer: setup, http, HttpResponse, EventStreamEncoder };
  const output = await run(take('setupServer'), names);
  onTestFinished(() => close());
  await expect.poll(() => output).toEqual([['to Bearer my-token']]);
  expect(sources[0]?.readyState).toBe(FetchEventSource.OPEN);
});

test('a Playwright route answers, and then tells the source to stop', async () => {
  const { page } = await openPage();
  await run(take('page.route'), { page });
  const log = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const log: unknown[] = [];
        const source = new (Reflect.get(globalThis, 'FetchEventSource'))('/feed') as FetchEventSource;
        source.onmessage = ({ data }) => log.push(data);
        source.onerror = ({ status }) => log.push(status) && source.readyState === 2 && resolve(log);
      }),
  );
  expect(log).toEqual(['hello', undefined, 204]);
});

test('no block was left out', () => {
  expect([...left]).toEqual([]);
});

const body = { notAStream: true };

test.each([
  ['without a Content-Type', () => new Response('data: a\n\n'), 'content-type'],
  [
    'with a body that is no stream',
    () => Object.defineProperty(eventStream(''), 'body', { value: body }),
    'no-body',
  ],
])('a mocked response %s is refused', async (_, fetch, code) => {
  const source = new Recorded('https://api.example.com/', { fetch: async () => fetch() });
  expect(await next(source, 'error')).toMatchObject({ error: { code } });
});

test('the same response twice is a network error that says why', async () => {
  const response = eventStream('data: a\n\n');
  const reconnect = { reconnectionTime: 0, maxBackoff: 0 };
  const source = new Recorded('https://api.example.com/', { fetch: async () => response, reconnect });
  const { error } = await next<Event & { error: FetchEventSourceError }>(
    source,
    'error',
    (event) => event.error.code === 'network',
  );
  expect(error.cause).toMatchObject({
    name: 'TypeError',
    message: expect.stringMatching(/locked|used|disturbed/),
  });
});

import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type EventSourceErrorEvent, FetchEventSource, type FetchEventSourceInit } from '../../src/index.js';
import { connect, eventStream, next } from '../scripted.js';
import { readPage, run } from './page.js';

const URL_STRING = 'https://api.example.com/feed?key=to-ken';
const PAGE = 'docs/troubleshooting.md';

/** What the page quotes: what is set as code and has a space. Names and values have none. */
const quoted = new Set(
  [
    ...readFileSync(PAGE, 'utf8')
      .replace(/^```.*?^```/gms, '')
      .matchAll(/`([^`]+)`/g),
  ]
    .map(([, text = '']) => text.replaceAll(/\s+/g, ' '))
    .filter((text) => text.includes(' ')),
);

async function messageOf(init: FetchEventSourceInit): Promise<string | undefined> {
  return (await next<EventSourceErrorEvent>(connect(URL_STRING, init), 'error')).message;
}

const answer = (status: number, type: string | undefined, more = {}) =>
  messageOf({
    fetch: async () => {
      const headers: HeadersInit = type ? { 'Content-Type': type } : {};
      return Object.defineProperties(new Response(null, { status, headers }), more);
    },
  });

const answerWith = (body: unknown) => answer(200, 'text/event-stream', { body: { value: body } });

const fail = (code: string | undefined, text = 'secret') => {
  const cause = Object.assign(new Error(text), { code });
  return () => Promise.reject(new TypeError('fetch failed', { cause }));
};

/** A stream that breaks with this cause. */
const broken = (code?: string) => async () =>
  eventStream(new ReadableStream({ start: (it) => void fail(code)().catch((error) => it.error(error)) }));

async function inPage<T>(act: () => Promise<T>): Promise<T> {
  vi.stubGlobal('location', new URL('https://app.example.com/'));
  return act().finally(() => vi.unstubAllGlobals());
}

function thrown(url: string, init: unknown): string {
  try {
    new FetchEventSource(url, init as FetchEventSourceInit).close();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('Nothing was thrown');
}

async function warning(): Promise<string> {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  connect(URL_STRING, { fetch: async () => eventStream('data: {\n\n'), parse: JSON.parse });
  await expect.poll(() => warn.mock.calls.length).toBe(1);
  return warn.mock.calls[0]?.[0];
}

/** Time passes as soon as it is waited for. */
async function silence(init: FetchEventSourceInit): Promise<string | undefined> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const message = messageOf(init);
  await vi.advanceTimersByTimeAsync(60_000);
  vi.useRealTimers();
  return message;
}

const never = () => new Promise<never>(() => {});
const redirect = async () =>
  new Response(null, { status: 302, headers: { Location: 'http://api.example.com/feed' } });

const SCENARIOS: readonly (() => unknown)[] = [
  () => silence({ fetch: never, connectTimeout: 5000 }),
  () => silence({ fetch: async () => eventStream(new ReadableStream()), idleTimeout: 30_000 }),
  warning,
  () => answer(401, 'application/json'),
  () => answer(503, 'text/plain'),
  () => answer(200, 'text/html'),
  () => answer(200, undefined),
  () => messageOf({ fetch: fail('ECONNREFUSED') }),
  () => inPage(() => messageOf({ fetch: fail(undefined) })),
  () => messageOf({ fetch: fail(undefined, 'bad port') }),
  () => messageOf({ fetch: redirect, headers: { 'X-Key': 'to-ken' } }),
  () => messageOf({ headers: () => Promise.reject(new Error('mine')) }),
  () => messageOf({ headers: () => ({ 'X-User-Name': 'Ā' }) }),
  () => messageOf({ fetch: async () => undefined as never }),
  () => answerWith(Readable.from([])),
  () => answerWith(undefined),
  () => thrown(URL_STRING, { idleTimeout: '30s' }),
  () => thrown('/feed', {}),
  () => messageOf({ fetch: broken() }),
  () => messageOf({ fetch: broken('UND_ERR_SOCKET') }),
  () => messageOf({ fetch: async () => eventStream('data: a\n\n') }),
  () => messageOf({ fetch: broken(), method: 'POST' }),
  () => messageOf({ fetch: async () => eventStream(`data: ${'x'.repeat(100)}\n`), maxEventSize: 10 }),
];

test('the messages on the page are the ones that the library gives, and no others', async () => {
  const given: unknown[] = [];
  for (const scenario of SCENARIOS) given.push(await scenario());
  expect([...new Set(given)].sort()).toEqual([...quoted].sort());
});

test('the example logs what happens', async () => {
  vi.stubGlobal('fetch', async () => new Response(null, { status: 401 }));
  onTestFinished(() => void vi.unstubAllGlobals());
  const { take, left } = readPage(PAGE);
  const output = await run(take('onerror'), { FetchEventSource });
  expect([...left]).toEqual([]);
  const message = 'Expected 200 text/event-stream, got 401 without a type from https://api.example.com/feed';
  await expect.poll(() => output).toEqual([[message, 'closed']]);
});

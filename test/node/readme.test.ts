import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource } from '../../src/index.js';
import { parseEventStream } from '../../src/stream.js';
import { shareAcrossTabs } from '../../src/tabs.js';
import { eventStream, next } from '../scripted.js';
import { readPage, run as runBlock } from './page.js';

const readme = readPage('README.md');
const recipes = readPage('docs/recipes.md');
const tabs = readPage('docs/tabs.md');
const block = readme.take;

const requests: { url: string; init: RequestInit }[] = [];
const sources: Pick<FetchEventSource, 'close' | 'readyState'>[] = [];
let respond: (attempt: number) => Response;

class Recorded<Data, Events> extends FetchEventSource<Data, Events> {
  constructor(...args: ConstructorParameters<typeof FetchEventSource<Data, Events>>) {
    super(...args);
    sources.push(this);
  }
}

beforeEach(() => {
  requests.length = 0;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
    requests.push({ url, init });
    return respond(requests.length);
  });
});

afterEach(() => {
  for (const source of sources.splice(0)) source.close();
  vi.unstubAllGlobals();
});

const run = (code: string, names: Record<string, unknown> = {}) =>
  runBlock(code, { FetchEventSource: Recorded, ...names });

const header = (index: number, name: string) => new Headers(requests[index]?.init.headers).get(name);

test('the first example logs messages and named events, with its bearer token', async () => {
  respond = () => eventStream('data: hello\n\nid: 7\nevent: signup\ndata: x\n\n');
  const output = await run(block('Bearer my-token'));
  await expect.poll(() => output).toEqual([['hello'], ['7'], ['Stream ended', 0]]);
  expect([requests[0]?.url, header(0, 'Authorization')]).toEqual([
    'https://api.example.com/events',
    'Bearer my-token',
  ]);
});

test('the server sends named events to the first example', async () => {
  const app = express();
  const code = block("app.get('/events'").replace('1000', '1');
  await run(code.replace('app.listen(8000);', ''), { express: () => app });
  const server = app.listen(0);
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const [response] = (await once(get(`http://127.0.0.1:${port}/events`), 'response')) as [IncomingMessage];
  expect(response.headers['content-type']).toBe('text/event-stream');
  const [chunk] = await once(response, 'data');
  expect(`${chunk}`).toContain('event: signup\nid: 7\ndata: Ada\n\n');
});

test('the POST example writes the answer until the sentinel and is sent once', async () => {
  respond = () => eventStream('data: {"token":"blue"}\n\ndata: [DONE]\n\ndata: {"token":"green"}\n\n');
  const written: string[] = [];
  await run(block('prompt:'), { process: { stdout: { write: (text: string) => written.push(text) } } });
  await expect.poll(() => sources[0]?.readyState).toBe(2);
  expect(written).toEqual(['blue']);
  expect(requests).toHaveLength(1);
  expect(requests[0]?.init).toMatchObject({ method: 'POST', body: '{"prompt":"Why is the sky blue?"}' });
});

test('the typed example gets parsed prices, and text that is not JSON', async () => {
  respond = () => eventStream('event: price\ndata: {"amount":1}\n\nevent: price\ndata: {\n\n');
  const untyped = recipes.take('stocks').replace(/<.*>(?=\()/, '');
  const output = await run(untyped, { url: 'https://api.example.com/prices' });
  await expect.poll(() => output).toEqual([[1], ['no JSON:', '{']]);
});

test('the token example renews the token after a 401', async () => {
  respond = (attempt) => (attempt === 1 ? new Response('', { status: 401 }) : eventStream('data: a\n\n'));
  const renewals: boolean[] = [];
  await run(block('getToken'), {
    getToken: async ({ renew }: { renew: boolean }) => `t${renewals.push(renew)}`,
  });
  await expect.poll(() => requests.length).toBe(2);
  expect(renewals).toEqual([false, true]);
  expect([header(0, 'Authorization'), header(1, 'Authorization')]).toEqual(['Bearer t1', 'Bearer t2']);
});

test('the resuming example sends the stored ID and stores the next', async () => {
  respond = () => eventStream('id: 8\ndata: a\n\n');
  const stored = new Map([['last', '7']]);
  const localStorage = {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => stored.set(name, value),
  };
  await run(block('localStorage'), { localStorage });
  await expect.poll(() => stored.get('last')).toBe('8');
  expect(header(0, 'Last-Event-ID')).toBe('7');
});

test('the patient example waits after a 503 and a 404, and gives up on a 410', async () => {
  const code = recipes.take('maxFailures');
  respond = () => new Response('', { status: 503 });
  const waiting = await run(code);
  await expect.poll(() => waiting[0]?.[1]).toBeGreaterThanOrEqual(3000);
  respond = () => new Response('', { status: 404 });
  const missing = await run(code);
  await expect.poll(() => missing[0]?.[1]).toBeGreaterThanOrEqual(3000);
  respond = () => new Response('', { status: 410 });
  const given = await run(code);
  await expect.poll(() => given[0]?.[1]).toBe('given up');
});

test('the stopping example closes its source', async () => {
  respond = () => eventStream('data: a\n\n');
  await run(block('controller.abort()'));
  expect(sources[0]?.readyState).toBe(2);
});

test('the example that says when to try again sends nothing until it is online', async () => {
  respond = () => eventStream('data: a\n\n');
  const navigator = { onLine: false };
  const page = new EventTarget();
  await run(recipes.take('navigator.onLine'), {
    navigator,
    addEventListener: page.addEventListener.bind(page),
  });
  await next(sources[0] as FetchEventSource, 'error');
  expect(requests).toHaveLength(0);
  navigator.onLine = true;
  page.dispatchEvent(new Event('online'));
  await expect.poll(() => requests.length).toBe(1);
});

test('the stream example interprets the body of any response', async () => {
  respond = () => eventStream('data: from a stream\n\n');
  const output = await run(recipes.take('fromReadableStream'));
  await expect.poll(() => output).toEqual([['from a stream']]);
});

test('the example without the class logs each event of the response', async () => {
  respond = () => eventStream('id: 7\nevent: a\ndata: b\n\n');
  expect(await run(recipes.take('parseEventStream'), { parseEventStream })).toEqual([['a', 'b', '7']]);
});

test('the testing example asserts what its fetch answered', async () => {
  const output = await run(block('console.assert'));
  await expect.poll(() => output).toEqual([[true]]);
  expect(requests).toEqual([]);
});

test.each([
  ['README.md', readme],
  ['docs/tabs.md', tabs],
])('the example for tabs in %s has a connection of its own in Node', async (_page, { take }) => {
  respond = () => eventStream('data: a\n\n');
  await run(take('shareAcrossTabs'), { shareAcrossTabs, userId: 'ada', getToken: () => 't' });
  await expect.poll(() => requests.map(({ url }) => url)).toEqual(['https://api.example.com/feed']);
});

test('no block was left out', () => {
  expect([...readme.left, ...recipes.left, ...tabs.left]).toEqual([]);
});

test('every command of the README is a script of the package', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const commands = [...readme.text.matchAll(/npm (?:run )?(test|demo(?::\w+)?)/g)].map(
    ([, name]) => name as string,
  );
  expect(commands.length).toBeGreaterThan(2);
  for (const command of commands) expect(scripts).toHaveProperty([command]);
});

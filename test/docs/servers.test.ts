import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createListener } from 'node:net';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { FetchEventSource } from '../../src/index.js';
import * as stream from '../../src/stream.js';
import { readPage } from '../node/page.js';

const page = readPage('docs/servers.md');

/** Blocks as they are, but for the port and the times, which would be long for a test. */
const shorten = (code: string, port = 8000) =>
  code
    .replace(/\b8000\b/, `${port}`)
    .replace(/\b1000\b/, '20')
    .replace(/\b15_000\b/, '30');

async function findPort(): Promise<number> {
  const listener = createListener().listen(0);
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}

/** Runs a block in a process of its own, where it finds what is installed for these tests. */
async function start(part: string): Promise<string> {
  const port = await findPort();
  const file = join(import.meta.dirname, `node_modules/.servers/${port}.mjs`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, shorten(page.take(part), port));
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'ignore', 'inherit'] });
  onTestFinished(() => {
    child.kill();
    rmSync(file);
  });
  const url = `http://localhost:${port}/events`;
  await expect
    .poll(() =>
      fetch(url).then(
        ({ body, status }) => body?.cancel().then(() => status),
        () => 0,
      ),
    )
    .toBe(200);
  return url;
}

/** Serves what answers with a `Response`. */
async function startHandler(part: string): Promise<string> {
  const code = shorten(page.take(part))
    .replace(/^import .*$/gm, '')
    .replaceAll('export ', '');
  const handle = new Function(...Object.keys(stream), `${code}\nreturn GET;`)(...Object.values(stream)) as (
    request: Request,
  ) => Response;
  const server = createServer((request, response) => {
    const headers = new Headers(request.headers as Record<string, string>);
    const answer = handle(new Request('http://localhost/', { headers }));
    response.writeHead(answer.status, [...answer.headers].flat());
    const body = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
    body.on('error', () => {}).pipe(response);
    response.on('close', () => body.destroy());
  }).listen(0);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://localhost:${(server.address() as AddressInfo).port}/events`;
}

async function check(url: string): Promise<void> {
  let comments = 0;
  const source = new FetchEventSource<{ count: number }>(url, {
    lastEventId: '41',
    parse: JSON.parse,
    onComment: () => void comments++,
  });
  onTestFinished(() => source.close());
  let response: Response | undefined;
  source.onopen = (event) => {
    response = event.response;
  };
  const seen: [string, number][] = [];
  for await (const { lastEventId, data, type } of source) {
    expect(type).toBe('message');
    seen.push([lastEventId, data.count]);
    if (seen.length >= 3 && comments) break;
  }
  expect(seen.slice(0, 3)).toEqual([
    ['42', 42],
    ['43', 43],
    ['44', 44],
  ]);
  expect(source.reconnectionTime).toBe(2000);
  expect(response?.headers.get('Cache-Control')).toMatch(/no-(store|cache)/);
}

test.each([
  ['Express', "app.get('/events', (request, response) => {\n  response.writeHead"],
  ['Fastify', 'Fastify()'],
  ['Hono', 'new Hono()'],
  ['better-sse', 'createSession(request'],
])('%s sends events with IDs, a retry and comments, and resumes', async (_name, part) => {
  await check(await start(part));
});

test('a function that answers with a Response does so, too', async () => {
  await check(await startHandler('export function GET'));
});

test('no block was left out', () => {
  expect([...page.left]).toEqual([]);
});

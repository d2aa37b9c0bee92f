import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HERE, ROOT } from './consumer.js';

/** Packages that depend on `eventsource`, the first one on version 3, the others on 4. */
const DEPENDENTS = {
  '@modelcontextprotocol/sdk': '1.32.2',
  'smee-client': '5.0.0',
  '@stellar/stellar-sdk': '17.2.0',
};

/** Uses each of them as its documentation says, and prints what came. */
const PROGRAM = `
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { Horizon } from '@stellar/stellar-sdk';
import { ErrorEvent, EventSource, type EventSourceInit, type FetchLike } from 'eventsource';
import { SmeeClient } from 'smee-client';

const url = process.env['SERVER_URL'] ?? '';

const withTenant: FetchLike = (url, init) =>
  fetch(url, { ...init, headers: { ...init.headers, 'X-Tenant': 'a' } });
const eventSourceInit: EventSourceInit = { fetch: withTenant };
const client = new Client({ name: 'test', version: '1' });
await client.connect(new SSEClientTransport(new URL('/sse', url), { eventSourceInit }));
console.log('mcp', JSON.stringify(await client.ping()));
await client.close();

const refused = new SSEClientTransport(new URL('/refused', url));
await refused.start().catch(({ code, event }) => console.log('mcp', code, event instanceof ErrorEvent));

const logger = { info: () => {}, error: console.error };
const smee = new SmeeClient({ source: url + '/channel', target: url + '/hook', logger });
const source: EventSource = await smee.start();
console.log('smee', source.readyState === EventSource.OPEN, source instanceof EventSource);
await new Promise<void>((resolve) => source.addEventListener('forwarded', () => resolve()));
await smee.stop();

const ledgers = new Horizon.Server(url, { allowHttp: true }).ledgers();
const close = ledgers.cursor('now').stream({
  onmessage: (ledger) => {
    console.log('stellar', ledger.paging_token);
    close();
    process.exit();
  },
});
`;

const folder = mkdtempSync(join(tmpdir(), 'overrides-'));
const requests: string[] = [];
let stream: ServerResponse | undefined;

const server = createServer(async (request, response) => {
  const { method, url = '', headers } = request;
  const path = url.replace(/\?.*/, '');
  requests.push(`${method} ${path} ${headers['x-tenant'] ?? headers['x-github-event'] ?? ''}`.trim());
  let body = '';
  for await (const chunk of request) body += chunk;
  if (method === 'POST') {
    response.writeHead(202).end();
    if (path === '/messages') answer(JSON.parse(body));
    else stream?.write(`event: forwarded\ndata: ${body}\n\n`);
    return;
  }
  if (path === '/refused') return void response.writeHead(403).end();
  response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
  if (path !== '/sse') response.write('event: ready\ndata: {}\n\n');
  response.write(EVENTS[path] ?? '');
  stream = response;
});

const EVENTS: Record<string, string> = {
  '/sse': 'event: endpoint\ndata: /messages\n\n',
  '/channel': `id: 1\ndata: ${JSON.stringify({ body: { a: 1 }, 'x-github-event': 'push' })}\n\n`,
  '/ledgers': 'id: 7\ndata: {"id":"1","paging_token":"7"}\n\n',
};

/** As a server of the protocol does, of which only these requests are needed. */
function answer({ id, method, params }: { id?: number; method: string; params?: object }): void {
  if (id === undefined) return;
  const serverInfo = { name: 'test', version: '1' };
  const result = method === 'initialize' ? { ...params, capabilities: {}, serverInfo } : {};
  stream?.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
}

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const options = { cwd: ROOT, encoding: 'utf8' } as const;
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], options);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const manifest = {
    type: 'module',
    dependencies: { ...DEPENDENTS, '@types/node': '24.19.2' },
    overrides: { eventsource: `file:${filename}` },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'main.ts'), PROGRAM);
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'ignore' });
}, 300_000);

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const run = async (...args: string[]) => {
  const { port } = server.address() as AddressInfo;
  const env = { ...process.env, SERVER_URL: `http://127.0.0.1:${port}` };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
  return stdout.split('\n').filter(Boolean);
};

test('an override puts the library in the place of eventsource, for packages that depend on it', async () => {
  const installed = readFileSync(join(folder, 'node_modules/eventsource/package.json'), 'utf8');
  expect(JSON.parse(installed)).toHaveProperty('name', 'eventsource-fetch');
  for (const name of Object.keys(DEPENDENTS)) {
    const manifest = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8');
    expect(JSON.parse(manifest)).toHaveProperty('dependencies.eventsource');
  }
  const tsc = join(HERE, 'node_modules/typescript-5.9/bin/tsc');
  const types = ['--types', 'node', '--lib', 'es2022,dom,dom.iterable', '--skipLibCheck', 'false'];
  await run(tsc, 'main.ts', '--strict', '--target', 'es2022', '--module', 'nodenext', ...types).catch(
    ({ stdout }) => expect(stdout).toBe(''),
  );
  expect(await run('main.js')).toEqual(['mcp {}', 'mcp 403 true', 'smee true true', 'stellar 7']);
  expect(requests).toEqual([
    'GET /sse a',
    'POST /messages',
    'POST /messages',
    'POST /messages',
    'GET /refused',
    'GET /channel',
    'POST /hook push',
    'GET /ledgers',
  ]);
});

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { findFreePort, nginxArguments, nginxConfiguration, Program } from '../../demo/scale/programs.js';
import { FetchEventSource, type FetchEventSourceInit } from '../../src/index.js';
import { readPage, run } from '../node/page.js';
import { connect, next } from '../scripted.js';

const code = readPage('docs/proxies.md');
const settings = readPage('docs/proxies.md', 'nginx|caddyfile|haproxy');

interface Proxy {
  readonly config: string;
  /** The line that sets the longest silence, with a placeholder for the time; `undefined` if there is no limit. */
  readonly limit: RegExp | undefined;
  /** The arguments for running the program, and for only checking its settings. */
  readonly run: (folder: string, path: string) => string[];
  readonly check: (folder: string, path: string) => string[];
  /** Surrounds the page's block so that it runs without privileges and beside others. */
  readonly complete: (config: string) => string;
}

const asItIs = (config: string) => config;

const PROXIES: Record<string, Proxy> = {
  nginx: {
    config: settings.take('proxy_pass'),
    limit: /(?<=proxy_read_timeout )1h/,
    run: nginxArguments,
    check: (folder, path) => ['-t', '-q', '-p', folder, '-e', 'stderr', '-c', path],
    // the page's settings must also work with gzip
    complete: (config) => nginxConfiguration(`gzip on;\ngzip_types *;\n${config}`),
  },
  caddy: {
    config: settings.take('reverse_proxy'),
    limit: undefined,
    run: (_, path) => ['run', '--adapter', 'caddyfile', '--config', path],
    check: (_, path) => ['validate', '--adapter', 'caddyfile', '--config', path],
    complete: (config) => `{\n  admin off\n  auto_https off\n  log {\n    level ERROR\n  }\n}\n${config}`,
  },
  haproxy: {
    config: settings.take('backend feed'),
    limit: /(?<=timeout server )1h/,
    run: (_, path) => ['-db', '-f', path],
    check: (_, path) => ['-c', '-q', '-f', path],
    complete: asItIs,
  },
};

const isThere = (program: string) => !spawnSync(program, ['-v']).error;

/** Returns what a program says about its settings. */
function judge(program: string, config: string): { status: number | null; output: string } {
  const { check, complete } = PROXIES[program] as Proxy;
  const folder = mkdtempSync(join(tmpdir(), 'proxies-'));
  const path = join(folder, 'conf');
  writeFileSync(path, complete(config));
  const { status, stdout, stderr } = spawnSync(program, check(folder, path), { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return { status, output: stdout + stderr };
}

/** Runs a program with the page's settings in front of a server, and returns the server's streams. */
async function start(program: string, change = asItIs): Promise<{ url: string; streams: ServerResponse[] }> {
  const streams: ServerResponse[] = [];
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('data: first\n\n');
    streams.push(response);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const { run, complete, config } = PROXIES[program] as Proxy;
  const port = await findFreePort();
  const moved = change(config)
    .replace(/(?<=[ :])8080\b/, `${port}`)
    .replace(':3000', `:${(server.address() as AddressInfo).port}`);
  const proxy = new Program(program, (folder, write) => run(folder, write(complete(moved))));
  onTestFinished(() => proxy.close());
  await proxy.isReady(port);
  return { url: `http://127.0.0.1:${port}/feed`, streams };
}

// nginx is required in CI. The other two are checked where they are installed.
const needed = (program: string) => program === 'nginx' && process.env['CI'] !== undefined;

describe.each(Object.entries(PROXIES))('%s', (program, { config, limit }) => {
  const isLeftOut = !needed(program) && !isThere(program);

  test.skipIf(isLeftOut)('accepts the settings, and would report wrong ones', () => {
    expect(judge(program, config)).toMatchObject({ status: 0 });
    expect(judge(program, `${config}\nnonsense on;`).status).not.toBe(0);
  });

  test.skipIf(isLeftOut)(
    'passes each event on before the next is sent, and tells the server of the end',
    async () => {
      const { url, streams } = await start(program);
      const source = connect(url);
      expect((await next(source, 'message')).data).toBe('first');
      for (const data of ['second', 'third']) {
        streams[0]?.write(`data: ${data}\n\n`);
        expect((await next(source, 'message')).data).toBe(data);
      }
      source.close();
      await expect.poll(() => streams[0]?.destroyed).toBe(true);
    },
  );

  test.skipIf(isLeftOut || !limit)('cuts a stream that is silent for longer than its limit', async () => {
    const { url } = await start(program, (settings) => settings.replace(limit as RegExp, '1s'));
    const { error } = await next<Event & { error: Error }>(connect(url), 'error');
    expect(error).toMatchObject({ code: 'network' });
  });
});

test('the comment goes out every 15 seconds, until the response is closed', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const written: string[] = [];
  let close = () => {};
  const response = {
    write: (text: string) => written.push(text),
    on: (_: string, listener: () => void) => {
      close = listener;
    },
  };
  await run(code.take('setInterval'), { response });
  vi.advanceTimersByTime(30_000);
  expect(written).toEqual([': ping\n\n', ': ping\n\n']);
  close();
  expect(vi.getTimerCount()).toBe(0);
});

test('the source tries again after a 502', async () => {
  const fetch = async () => new Response('', { status: 502 });
  const sources: FetchEventSource[] = [];
  class Mocked extends FetchEventSource {
    constructor(url: string, init: FetchEventSourceInit) {
      super(url, { ...init, fetch });
      sources.push(this);
    }
  }
  const output = await run(code.take('reconnect: true'), { FetchEventSource: Mocked });
  await expect.poll(() => output).toEqual([['http-status', 502, expect.any(Number)]]);
  sources[0]?.close();
});

test('no block was left out', () => {
  expect([...code.left, ...settings.left]).toEqual([]);
});

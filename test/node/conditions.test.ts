import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import type { FetchEventSource as Class } from '../../src/index.js';
import { next } from '../scripted.js';

/** The files that an importer with these conditions gets. */
async function resolve(conditions: readonly string[], kind: 'import' | 'require'): Promise<string[]> {
  const { metafile } = await build({
    stdin: {
      contents: kind === 'import' ? "import 'eventsource-fetch'" : "require('eventsource-fetch')",
      resolveDir: '.',
    },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'neutral',
    conditions: [...conditions],
    // Not the one of the sources, which maps the name to them.
    tsconfigRaw: {},
    logLevel: 'error',
    ignoreAnnotations: true,
  });
  return Object.keys(metafile.inputs)
    .filter((file) => file.startsWith('dist/'))
    .map((file) => basename(file))
    .sort();
}

/** What suits every platform, and what the helpers share with the class. */
const SHARED = [
  'body',
  'discard',
  'error-event',
  'errors',
  'event-stream-interpreter',
  'last-event-id',
  'mark',
  'methods',
  'permanent',
  'text',
  'unless-aborted',
];

/** The files of each build, without the extension. */
const BUILDS = {
  index: ['fetch-event-source', 'index', 'transport', ...SHARED],
  browser: ['browser', 'browser-fetch-event-source', 'browser-transport', ...SHARED],
} as const;

test.each([
  ['nothing', [], 'index'],
  ['Node', ['node'], 'index'],
  ['Deno', ['deno', 'node'], 'index'],
  ['Bun', ['bun', 'node'], 'index'],
  ['workerd', ['workerd', 'worker', 'browser'], 'index'],
  ['a bundler for Workers', ['worker', 'browser'], 'index'],
  ['Vercel’s edge', ['edge-light', 'worker', 'browser'], 'index'],
  ['server-side rendering', ['node', 'browser'], 'index'],
  ['React Native', ['react-native'], 'index'],
  ['a bundler for browsers', ['browser', 'module'], 'browser'],
  ['jsdom', ['browser'], 'browser'],
] as const)('%s gets the right build', async (_who, conditions, build) => {
  expect(await resolve(conditions, 'import')).toEqual(BUILDS[build].map((name) => `${name}.js`).sort());
  expect(await resolve(conditions, 'require')).toEqual(BUILDS[build].map((name) => `${name}.cjs`).sort());
});

test('the build for browsers follows no redirect outside browsers', async () => {
  const { FetchEventSource } = (await import(pathToFileURL('dist/browser.js').href)) as {
    FetchEventSource: typeof Class;
  };
  let leaked = 0;
  const target = createServer((_request, response) => {
    leaked++;
    response.end();
  });
  const server = createServer((_request, response) => {
    response.writeHead(302, { Location: `http://127.0.0.1:${(target.address() as AddressInfo).port}` }).end();
  });
  for (const each of [target, server]) {
    each.listen(0, '127.0.0.1');
    await once(each, 'listening');
    onTestFinished(() => void each.close());
  }
  const source = new FetchEventSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    headers: { 'X-API-Key': 'secret' },
  });
  const event = await next<Event & { status: number }>(source, 'error');
  expect([event.status, source.readyState, leaked]).toEqual([302, 2, 0]);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { script } from '../scripted.js';

const library = pathToFileURL('dist/index.js').href;

/** How to tell a runtime to run code, and how that code gets at the garbage collector. */
const [evaluate, exposeGc] = process.versions['deno']
  ? [['eval', '--v8-flags=--expose-gc'], '']
  : process.versions['bun']
    ? [['--eval'], 'const gc = () => Bun.gc(true);']
    : [['--input-type=module', '--expose-gc', '--eval'], ''];

/** Runs a module in its own process, with `FetchEventSource` and `url` defined. */
function run(url: string, code: string) {
  const preamble = `import { FetchEventSource } from '${library}'; const url = '${url}';`;
  const child = spawn(process.execPath, [...evaluate, preamble + code]);
  onTestFinished(() => void child.kill());
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    output += text;
  });
  return { child, exit: once(child, 'exit').then(([code]) => code as number), output: () => output };
}

test('T20: a script that waits to reconnect stays alive and goes on when the server is back', async () => {
  // A port that was free a moment ago: nobody listens there until the script has failed once.
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('data: back\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const { child, exit, output } = run(
    `http://127.0.0.1:${port}`,
    `const source = new FetchEventSource(url, { reconnect: { reconnectionTime: 200, maxBackoff: 200 } });
     source.onerror = ({ error }) => console.log(error.code);
     source.onmessage = ({ data }) => { console.log(data); source.close(); };`,
  );
  await once(child.stdout, 'data');
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  expect(await exit).toBe(0);
  expect(output()).toMatch(/^network\n(network\n)*back\n$/);
});

test.each([
  ['while it is open', 'source.onopen = () => source.close();'],
  ['while it waits', 'source.onmessage = () => {}; source.onerror = () => setTimeout(() => source.close());'],
  ['before it began', 'source.close();'],
  ['by its signal', 'source.onopen = () => controller.abort();'],
])('T20: a script that closed its source %s ends by itself', async (_when, code) => {
  const served = await script({ chunks: ['data: a\n\n'], after: code.includes('onerror') ? 'end' : 'hold' });
  const { exit, output } = run(
    served.url,
    `const controller = new AbortController();
     const source = new FetchEventSource(url, { signal: controller.signal, reconnect: { reconnectionTime: 1e6 } });
     ${code}`,
  );
  expect(await exit).toBe(0);
  expect(output()).toBe('');
});

test('T20: a script whose source failed exits by itself', async () => {
  const served = await script({ status: 404, chunks: ['not here'] });
  const { exit, output } = run(
    served.url,
    'new FetchEventSource(url).onerror = ({ status }) => console.log(status);',
  );
  expect(await exit).toBe(0);
  expect(output()).toBe('404\n');
});

test('rules 42 and 43: an open source that nobody references survives garbage collections', async () => {
  const served = await script({ chunks: ['data: a\n\n'], after: 'hold' });
  const { child, output } = run(
    served.url,
    `${exposeGc}
     (() => { new FetchEventSource(url).onmessage = ({ data }) => { console.log(data); for (let i = 0; i < 5; i++) gc(); }; })();
     setInterval(gc, 10);`,
  );
  await expect.poll(output).toBe('a\n');
  for (const text of ['b', 'c']) {
    await served.push(`data: ${text}\n\n`);
    await expect.poll(output).toContain(text);
  }
  expect(child.exitCode).toBeNull();
});

test('T19: a listener that throws is an uncaughtException, and the stream goes on', async () => {
  const served = await script({ chunks: [': c\ndata: a\n\ndata: b\n\n'], after: 'hold' });
  const { exit, output } = run(
    served.url,
    `process.on('uncaughtException', (error) => console.log('uncaught', error.message));
     process.on('unhandledRejection', () => console.log('unhandled'));
     const source = new FetchEventSource(url, { onComment: () => { throw new Error('comment'); } });
     source.addEventListener('message', () => { throw new Error('listener'); });
     source.addEventListener('message', ({ data }) => { console.log(data); if (data === 'b') setTimeout(() => source.close()); });`,
  );
  expect(await exit).toBe(0);
  expect(output().split('\n').sort()).toEqual(
    ['', 'a', 'b', 'uncaught comment', 'uncaught listener', 'uncaught listener'].sort(),
  );
});

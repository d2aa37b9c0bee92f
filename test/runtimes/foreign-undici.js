// A program whose package undici, of any version, has set the global dispatcher: does the library do as well as bare
// `fetch`, and outlive the silence that would end that? Prints a result as JSON. `run.ts` runs it on every line of Node.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const VERSIONS = ['undici-5', 'undici-6', 'undici-7', 'undici-8'];

/** Until when a body may be silent, in milliseconds, and for how long it is. */
const PATIENCE = 300;
const SILENCE = 1200;

const [version] = process.argv.slice(2);
if (version) await use(version);
else await useAll();

async function useAll() {
  const failures = [];
  let passed = 0;
  let skipped = 0;
  for (const each of VERSIONS) {
    const child = fork(fileURLToPath(import.meta.url), [each], { silent: true });
    let output = '';
    child.stderr.pipe(process.stderr);
    child.stdout.on('data', (text) => {
      output += text;
    });
    const [code] = await once(child, 'close');
    if (code === 0) passed++;
    // The package does not run on this line, or bare fetch does not work with it.
    else if (code === 3) skipped++;
    else failures.push(`${each}: ${output}`);
  }
  console.log(JSON.stringify({ passed, skipped, failures }));
}

async function use(name) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: before\n\n');
    setTimeout(() => response.end('data: after\n\n'), SILENCE);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}/`;
  try {
    const { Agent, setGlobalDispatcher } = createRequire(import.meta.url)(`./node_modules/${name}`);
    setGlobalDispatcher(new Agent({ bodyTimeout: PATIENCE }));
    const response = await fetch(url);
    if (response.status !== 200) throw new Error('bare fetch');
    await response.body.cancel();
  } catch {
    process.exit(3);
  }
  const { FetchEventSource } = await import('../../dist/index.js');
  for (const init of [{}, { connectTimeout: 5000 }, { fetch: (...args) => fetch(...args) }]) {
    const source = new FetchEventSource(url, { ...init, reconnect: false });
    const data = [];
    source.onmessage = (event) => data.push(event.data);
    const { error } = await new Promise((resolve) => {
      source.onerror = resolve;
    });
    // A caller's fetch has the time-outs that its dispatcher has.
    const expected = 'fetch' in init ? 'before' : 'before,after';
    if (!`${data}`.startsWith(expected)) {
      console.log(
        `${Object.keys(init)}: got ${data}, then ${error.message} (${error.cause?.cause?.message})`,
      );
      process.exit(1);
    }
  }
  process.exit(0);
}

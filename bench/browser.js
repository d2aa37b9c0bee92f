// In Chromium: how long until a page has all events of a stream, and how long is it blocked?
import { createServer } from 'node:http';
import { build } from 'esbuild';
import { chromium } from 'playwright';
import { labelOf } from './clients.js';
import { totalsOf } from './corpora.js';
import { startServer } from './server.js';
import { interleave, isQuick, save } from './stats.js';

const EVENTS = isQuick ? 20_000 : 100_000;
/** In milliseconds, for all events. */
const PATIENCE = 40_000;

/** In milliseconds. A client that takes longer is far behind, and measured once. */
const SLOW = 8000;

const PATH = `/stream/${encodeURIComponent('LLM tokens')}/${EVENTS}/64`;

/** The code of the page for each client. `bytes` counts bytes, `one` is called with each event. */
const clients = {
  'eventsource-fetch': like('import { FetchEventSource as Source } from "../dist/index.js";'),
  'native EventSource': like('const Source = globalThis.EventSource;'),
  eventsource: like('import { EventSource as Source } from "eventsource";'),
  'eventsource-4': like('import { EventSource as Source } from "eventsource-4";'),
  'event-source-polyfill': like('import { EventSourcePolyfill as Source } from "event-source-polyfill";'),
  'sse.js': like('import { SSE as Source } from "sse.js";'),
  '@microsoft/fetch-event-source': `
    import { fetchEventSource } from '@microsoft/fetch-event-source';
    const controller = new AbortController();
    fetchEventSource(url, { openWhenHidden: true, onmessage: one, signal: controller.signal });
    onDone = () => controller.abort();`,
  'eventsource-client': `
    import { createEventSource } from 'eventsource-client';
    const source = createEventSource({ url, onMessage: one });
    onDone = () => source.close();`,
  'fetch drain': `
    const { body } = await fetch(url);
    const reader = body.getReader();
    for (let rest = bytes; rest > 0; ) rest -= (await reader.read()).value.length;
    done();`,
  'native WebSocket': `
    const socket = new WebSocket(webSocketUrl);
    socket.onmessage = one;
    onDone = () => socket.close();`,
};

const DRAIN = 'fetch drain';

const kinds = {
  'eventsource-fetch': 'MessageEvent',
  'native EventSource': 'MessageEvent',
  eventsource: 'MessageEvent',
  'eventsource-4': 'MessageEvent',
  'event-source-polyfill': 'own event class',
  'sse.js': 'CustomEvent',
  '@microsoft/fetch-event-source': 'plain object',
  'eventsource-client': 'plain object',
  [DRAIN]: 'bytes',
  'native WebSocket': 'WebSocket',
};

function like(statement) {
  return `${statement}
    const source = new Source(url);
    source.onmessage = one;
    onDone = () => source.close();`;
}

/** The script of a page. It leaves its result, or a promise of it, in `result`. */
async function bundle(client) {
  const imports = client.match(/^\s*import .*;$/gm) ?? [];
  const body = imports.reduce((text, line) => text.replace(line, ''), client);
  const contents = `${imports.join('\n')}
    globalThis.run = (url, webSocketUrl, events, bytes) => new Promise(async (resolve) => {
      let count = 0, length = 0, longest = 0, onDone = () => {};
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
      }).observe({ type: 'longtask' });
      const start = performance.now();
      const one = ({ data }) => { length += data.length; if (++count === events) done(); };
      const done = () => {
        const milliseconds = performance.now() - start;
        onDone();
        setTimeout(() => resolve({ milliseconds, count, length, longest }), 300);
      };
      ${body}
    });`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'error',
  });
  return outputFiles[0].text;
}

const scripts = {};
for (const [name, client] of Object.entries(clients)) scripts[name] = await bundle(client);
const pages = createServer(({ url }, response) => {
  response.setHeader('Content-Type', 'text/html');
  const name = decodeURIComponent(url.slice(1));
  response.end(
    `<!doctype html><link rel="icon" href="data:,"><script type="module">${scripts[name]}</script>`,
  );
});
await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));
const server = await startServer();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});

const giveUp = () =>
  new Promise((_, reject) => {
    setTimeout(reject, PATIENCE, new Error('too slow')).unref();
  });

const totals = totalsOf('LLM tokens', EVENTS);
const sample = async (name) => {
  const page = await browser.newPage();
  try {
    await page.goto(`http://127.0.0.1:${pages.address().port}/${encodeURIComponent(name)}`);
    const run = page.evaluate(
      (args) => globalThis.run(...args),
      [server.http + PATH, server.ws + PATH, EVENTS, totals.bytes],
    );
    const { count, length, ...result } = await Promise.race([run, giveUp()]);
    const isRight = name === DRAIN || (count === EVENTS && length === totals.length);
    if (!isRight) return { verdict: 'wrong result' };
    return result.milliseconds > SLOW ? { verdict: 'measured once', ...result } : result;
  } finally {
    await page.close();
  }
};
const results = await interleave(Object.keys(clients), sample, { limit: DRAIN, key: 'milliseconds' });
const version = browser.version();
await browser.close();
await server.stop();
pages.close();
for (const [name, result] of Object.entries(results)) {
  console.log(
    `${result.ratio?.toFixed(2) ?? result.verdict}  ${labelOf(name)} (${result.milliseconds?.toFixed(0)} ms, ` +
      `longest task ${result.longest?.toFixed(0)} ms)`,
  );
}
const labels = Object.fromEntries(Object.keys(clients).map((name) => [name, labelOf(name)]));
save('browser', { chromium: version, events: EVENTS, labels, kinds, clients: results });

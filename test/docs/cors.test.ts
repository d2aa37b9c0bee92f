import type { RequestListener } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { readPage, run } from '../node/page.js';
import { closeBrowser, openPage, serve } from './chromium.js';

const { left, take } = readPage('docs/cors.md');

const block = {
  param: take('lastEventIdParam'),
  server: take('createServer'),
  client: take('Bearer my-token'),
  limited: take('maxFailures'),
};

afterAll(closeBrowser);

/** Runs a block in a page of another origin than the server's. Adds what it logs to the output. */
async function runAcross(
  code: string,
  listenerFor: (origin: string) => RequestListener | Promise<RequestListener>,
) {
  const { page, origin } = await openPage();
  const output: unknown[][] = [];
  await page.exposeFunction('report', (...args: unknown[]) => void output.push(args));
  const requests: string[] = [];
  const listener = await listenerFor(origin);
  const url = await serve((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  const moved = code.replace('https://api.example.com', url).replaceAll('console.log', 'report');
  await page.addScriptTag({ content: `{${moved}}` });
  return { output, requests };
}

/** The server of the guide's page, for a page with this origin. */
async function listen(
  origin: string,
  { without = '', isBusy = (): boolean => false } = {},
): Promise<RequestListener> {
  let listener: RequestListener | undefined;
  const createServer = (given: RequestListener) => {
    listener = given;
  };
  const lines = block.server.split('\n').filter((line) => !without || !line.includes(without));
  const code = lines.join('\n').replace('https://app.example.com', origin);
  await run(code, { createServer, isBusy });
  return listener as RequestListener;
}

test('lastEventIdParam connects and resumes without a preflight', async () => {
  let count = 0;
  const { output, requests } = await runAcross(block.param, (origin) => (_, response) => {
    count++;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Access-Control-Allow-Origin': origin });
    response.write(`retry: 100\nid: ${count}\ndata: ${count}\n\n`);
    if (count === 1) response.end();
  });
  await expect
    .poll(() => output)
    .toEqual([
      ['1', '1'],
      ['2', '2'],
    ]);
  expect(requests).toEqual(['GET /feed', 'GET /feed?after=1']);
});

test('the server lets the client read, after a preflight', async () => {
  const { output, requests } = await runAcross(block.client, listen);
  await expect.poll(() => output).toEqual([['on from the beginning']]);
  expect(requests).toEqual(['OPTIONS /feed', 'GET /feed']);
});

test('the client sees the status of a refusal', async () => {
  const { output } = await runAcross(block.client.replace('my-token', 'another'), listen);
  await expect.poll(() => output).toEqual([[401, undefined]]);
});

test('the client sees Retry-After, which the server exposes', async () => {
  const { output } = await runAcross(block.client, (origin) => listen(origin, { isBusy: () => true }));
  await expect.poll(() => output).toEqual([[503, expect.any(Number)]]);
  expect(output[0]?.[1]).toBeGreaterThanOrEqual(10_000);
});

test('it does not see a Retry-After that the server does not expose', async () => {
  const { output } = await runAcross(block.client, (origin) =>
    listen(origin, { isBusy: () => true, without: 'Expose-Headers' }),
  );
  await expect.poll(() => output).toEqual([[503, expect.any(Number)]]);
  expect(output[0]?.[1]).toBeLessThan(10_000);
});

test.each(['Allow-Origin', 'Allow-Headers'])(
  'without Access-Control-%s it sees a lost connection',
  async (without) => {
    const { output } = await runAcross(block.client, (origin) => listen(origin, { without }));
    await expect.poll(() => output).toEqual([[undefined, expect.any(Number)]]);
  },
);

test('maxFailures ends what a page refuses by itself', async () => {
  const code = block.limited.replace('maxFailures: 5', 'maxFailures: 3, reconnectionTime: 1, maxBackoff: 1');
  const { output } = await runAcross(code, (origin) => listen(origin, { without: 'Allow-Origin' }));
  const message = 'Connection failed, or refused by CORS';
  await expect
    .poll(() => output)
    .toEqual([
      [message, expect.any(Number)],
      [message, expect.any(Number)],
      [message, 'given up'],
    ]);
});

test('no block was left out', () => {
  expect([...left]).toEqual([]);
});

// @vitest-environment happy-dom
// In a page, the SDK sends its context as a body if a class that it finds says that it takes a method.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { initialize } from 'launchdarkly-js-client-sdk';
import { expect, test, vi } from 'vitest';
import { FetchEventSource } from '../../src/index.js';

test("LaunchDarkly's SDK streams with a REPORT request", async () => {
  const requests = [];
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('');
    if (request.method === 'REPORT') requests.push([request.url, JSON.parse(body).key]);
    response.setHeader('Content-Type', 'application/json');
    if (!request.url.startsWith('/eval/')) return response.end('{}');
    response.setHeader('Content-Type', 'text/event-stream');
    return response.write('event: put\ndata: {"flag":{"value":true,"version":1}}\n\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  // What the server allows other origins is not what this is about.
  window.happyDOM.settings.fetch.disableSameOriginPolicy = true;
  vi.stubGlobal('EventSource', FetchEventSource);
  vi.stubGlobal('EventSourcePolyfill', FetchEventSource);
  const client = initialize(
    'environment',
    { kind: 'user', key: 'somebody' },
    { baseUrl: url, streamUrl: url, eventsUrl: url, streaming: true, useReport: true, sendEvents: false },
  );
  try {
    await expect.poll(() => client.variation('flag', false)).toBe(true);
    expect(requests).toContainEqual(['/eval/environment', 'somebody']);
  } finally {
    await client.close();
    server.closeAllConnections();
    server.close();
    vi.unstubAllGlobals();
  }
});

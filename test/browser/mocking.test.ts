import { HttpResponse, http } from 'msw';
import { setupWorker } from 'msw/browser';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connect, next, record } from '../scripted.js';

const URL_STRING = 'https://api.example.org/events';

const worker = setupWorker();
beforeAll(() =>
  worker.start({
    onUnhandledRequest: 'bypass',
    quiet: true,
    serviceWorker: { url: '/node_modules/msw/lib/mockServiceWorker.js', options: { scope: '/' } },
  }),
);
afterEach(() => worker.resetHandlers());
afterAll(async () => {
  worker.stop();
  // It would serve the other tests too.
  for (const registration of await navigator.serviceWorker.getRegistrations())
    await registration.unregister();
});

const stream = (...chunks: string[]) =>
  new HttpResponse(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        controller.close();
      },
    }),
    { headers: { 'Content-Type': 'text/event-stream' } },
  );

test('consumes a stream that msw’s service worker answers with', async () => {
  worker.use(http.get(URL_STRING, () => stream('data: o', 'ne\n\nda', 'ta: two\n\n')));
  const source = connect(URL_STRING, { reconnect: false });
  const log = record(source);
  await next(source, 'error');
  expect(log).toEqual(['open:1', 'message:one', 'message:two', 'error:2']);
});

test('sends msw’s handler headers and body of a POST', async () => {
  const requests: unknown[] = [];
  worker.use(
    http.post(URL_STRING, async ({ request }) => {
      requests.push(request.headers.get('Authorization'), await request.json());
      return stream('data: answer\n\n');
    }),
  );
  const source = connect(URL_STRING, {
    method: 'POST',
    headers: { Authorization: 'Bearer x', 'Content-Type': 'application/json' },
    body: JSON.stringify({ prompt: 'hi' }),
  });
  expect((await next(source, 'message')).data).toBe('answer');
  expect(requests).toEqual(['Bearer x', { prompt: 'hi' }]);
});

test('a network error from msw has the code "network"', async () => {
  worker.use(http.get(URL_STRING, () => HttpResponse.error()));
  const { error } = await next<Event & { error: { code: string } }>(connect(URL_STRING), 'error');
  expect(error.code).toBe('network');
});

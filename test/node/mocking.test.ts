import { HttpResponse, http, sse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { FetchEventSource } from '../../src/index.js';
import { connect, next, record } from '../scripted.js';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'bypass' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const stream = (...chunks: string[]) =>
  new HttpResponse(
    new ReadableStream({
      async start(controller) {
        for (const chunk of chunks) {
          controller.enqueue(new TextEncoder().encode(chunk));
          await new Promise((resolve) => setTimeout(resolve));
        }
        controller.close();
      },
    }),
    { headers: { 'Content-Type': 'text/event-stream' } },
  );

test('consumes a mocked GET stream in chunks', async () => {
  server.use(http.get('https://api.example.org/events', () => stream('data: o', 'ne\n\nda', 'ta: two\n\n')));
  const source = connect('https://api.example.org/events', { reconnect: false });
  const log = record(source);
  await next(source, 'error');
  expect(log).toEqual(['open:1', 'message:one', 'message:two', 'error:2']);
});

test('consumes a mocked POST stream, which gets headers and body and is not repeated', async () => {
  const requests: unknown[] = [];
  server.use(
    http.post('https://api.example.org/ask', async ({ request }) => {
      requests.push(request.headers.get('Authorization'), await request.json());
      return stream('data: an\n\n', 'data: swer\n\n');
    }),
  );
  const source = connect('https://api.example.org/ask', {
    method: 'POST',
    headers: { Authorization: 'Bearer x', 'Content-Type': 'application/json' },
    body: JSON.stringify({ prompt: 'hi' }),
  });
  const log = record(source);
  await next(source, 'error');
  expect(log).toEqual(['open:1', 'message:an', 'message:swer', 'error:2']);
  expect(requests).toEqual(['Bearer x', { prompt: 'hi' }]);
});

test('a mocked network error has the code "network"', async () => {
  server.use(http.get('https://api.example.org/events', () => HttpResponse.error()));
  const source = connect('https://api.example.org/events');
  const event = await next<Event & { error: { code: string } }>(source, 'error');
  expect(event.error.code).toBe('network');
});

test('msw’s own sse() serves it, with the class as the global EventSource', async () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'EventSource');
  Object.assign(globalThis, { EventSource: FetchEventSource });
  try {
    server.use(
      sse<{ message: string; signup: string }>('https://api.example.org/sse', ({ client }) => {
        client.send({ id: '1', data: 'hello' });
        client.send({ event: 'signup', data: 'someone' });
      }),
    );
    const source = connect('https://api.example.org/sse');
    const log = record(source, 'signup');
    const signup = await next(source, 'signup');
    expect(signup.lastEventId).toBe('1');
    expect(log).toEqual(['open:1', 'message:hello', 'signup:someone']);
  } finally {
    if (before) Object.defineProperty(globalThis, 'EventSource', before);
    else Reflect.deleteProperty(globalThis, 'EventSource');
  }
});

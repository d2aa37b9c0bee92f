import { sse } from 'msw';
import { setupServer } from 'msw/node';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { next, script } from '../scripted.js';

// A bare import, because users import it only for its effect.
beforeAll(() => import('eventsource-fetch/polyfill'));

test('where there is no EventSource, the polyfill makes one like a browser’s', () => {
  expect(Object.getOwnPropertyDescriptor(globalThis, 'EventSource')).toMatchObject({
    writable: true,
    enumerable: false,
    configurable: true,
  });
  expect([EventSource.name, EventSource.length, EventSource.CLOSED]).toEqual(['EventSource', 1, 2]);
});

test('the global is the class that importers of the library get', async () => {
  const { FetchEventSource } = await import(import.meta.resolve('eventsource-fetch'));
  expect(globalThis.EventSource).toBe(FetchEventSource);
});

test('the polyfill keeps an existing EventSource, and the forced one does not', async () => {
  const before = globalThis.EventSource;
  class Other {}
  Object.assign(globalThis, { EventSource: Other });
  await import(`${import.meta.resolve('eventsource-fetch/polyfill')}?again`);
  expect(globalThis.EventSource).toBe(Other);
  await import('eventsource-fetch/polyfill/force');
  expect(globalThis.EventSource).toBe(before);
});

describe('with msw', () => {
  const server = setupServer();
  beforeAll(() => {
    server.listen({ onUnhandledRequest: 'bypass' });
    return () => server.close();
  });

  test('its sse() serves the global class', async () => {
    server.use(
      sse<{ message: string; signup: string }>('https://api.example.org/sse', ({ client }) => {
        client.send({ id: '1', data: 'hello' });
        client.send({ event: 'signup', data: 'someone' });
      }),
    );
    const source = new EventSource('https://api.example.org/sse');
    onTestFinished(() => source.close());
    const [message, signup] = await Promise.all([next(source, 'message'), next(source, 'signup')]);
    expect([message.data, signup.data, signup.lastEventId]).toEqual(['hello', 'someone', '1']);
  });

  test('its sse() reads a real server’s stream through the global class and passes it on', async () => {
    const served = await script({ chunks: ['id: 7\ndata: real\n\n'], after: 'hold' });
    server.use(
      sse<{ message: string }>(served.url, ({ client, server }) => {
        client.send({ data: 'mocked' });
        server.connect();
      }),
    );
    const source = new EventSource(served.url);
    onTestFinished(() => source.close());
    await next(source, 'message', ({ data }) => data === 'mocked');
    const { data } = await next(source, 'message');
    expect(data).toBe('real');
  });
});

describe('with reconnecting-eventsource', () => {
  test('it finds the global class, gets its messages, and starts over when that has given up', async () => {
    const { default: imported } = await import('reconnecting-eventsource');
    // Its declarations claim to be a CommonJS module, which it is not.
    const ReconnectingEventSource = imported as unknown as typeof imported.default;
    const served = await script(
      { chunks: ['retry: 1\nid: 1\ndata: first\n\nevent: named\ndata: second\n\n'] },
      // After that, the standard's class is CLOSED for good.
      { status: 503 },
      { chunks: ['data: third\n\n'], after: 'hold' },
    );
    const source = new ReconnectingEventSource(served.url, { max_retry_time: 10 });
    onTestFinished(() => source.close());
    const log: string[] = [];
    const third = new Promise<void>((resolve) => {
      source.addEventListener('named', ({ data }: MessageEvent) => log.push(`named ${data}`));
      source.onmessage = ({ data }: MessageEvent) => {
        log.push(data);
        if (data === 'third') resolve();
      };
    });
    await third;
    expect(log).toEqual(['first', 'named second', 'third']);
    expect(source.readyState).toBe(source.OPEN);
    const requests = await served.requests();
    expect(requests.at(-1)?.url).toContain('lastEventId=1');
  });
});

describe('with a client like those of the Model Context Protocol', () => {
  /** What such a client does with the global class. */
  class Client {
    readonly messages: unknown[] = [];
    #token = 'expired';
    #source: EventSource | undefined;

    /** Resolves with the address to post to, which is the first event. */
    start(url: string): Promise<string> {
      return new Promise((resolve, reject) => {
        const source = new EventSource(url, {
          fetch: (target: string, init: RequestInit) => {
            const headers = new Headers(init.headers);
            headers.set('Authorization', `Bearer ${this.#token}`);
            return fetch(target, { ...init, headers });
          },
        } as EventSourceInit);
        this.#source = source;
        source.onerror = (event) => {
          const { code, message } = event as Event & { code?: number; message?: string };
          if (code !== 401) return reject(new Error(`SSE error: ${message}`));
          source.close();
          this.#token = 'renewed';
          resolve(this.start(url));
        };
        source.addEventListener('endpoint', (event) => resolve(new URL(event.data, url).href));
        source.onmessage = ({ data }) => this.messages.push(JSON.parse(data));
      });
    }

    close(): void {
      this.#source?.close();
    }
  }

  test('its fetch is used, it sees a 401 as the event’s code, and then it talks to the server', async () => {
    const accepted = ': ok\nevent: endpoint\ndata: /messages?session=1\n\n';
    const served = await script({ status: 401 }, { chunks: [accepted], after: 'hold' });
    const client = new Client();
    onTestFinished(() => client.close());
    expect(await client.start(served.url)).toBe(new URL('/messages?session=1', served.url).href);
    await served.push('event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n');
    await expect.poll(() => client.messages).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    const requests = await served.requests();
    expect(requests.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer expired',
      'Bearer renewed',
    ]);
    expect(requests[0]?.headers['accept']).toBe('text/event-stream');
  });

  test('it fails with a message that says what came', async () => {
    const served = await script({ status: 403 });
    await expect(new Client().start(served.url)).rejects.toThrow(/^SSE error: .*403/);
  });

  test('a client that checks whether it may pass a fetch learns that it may', () => {
    const marker = Symbol.for('eventsource.supports-fetch-override');
    expect(Reflect.get(globalThis.EventSource, marker)).toBe(true);
  });
});

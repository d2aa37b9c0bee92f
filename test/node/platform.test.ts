import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type EventSourceErrorEvent, FetchEventSource, type FetchEventSourceInit } from '../../src/index.js';
import { connect, eventStream, next } from '../scripted.js';

const URL_STRING = 'http://source.test/stream';
const MESSAGE = 'data: a\n\n';

/** Replaces a global until the end of the test. */
function stub(name: string, value: unknown): void {
  vi.stubGlobal(name, value);
  onTestFinished(() => void vi.unstubAllGlobals());
}

/** A `Request` like Bun's, which reads hardly anything of its init. */
class CarelessRequest {
  readonly method = 'GET';
}

/** A `Request` like that of Workers, which throws for what it does not support. */
class StrictRequest {
  constructor(_url: string, init: RequestInit) {
    for (const name of ['cache', 'credentials', 'mode']) {
      if (name in init)
        throw new Error(`The '${name}' field on 'RequestInitializerDict' is not implemented.`);
    }
  }
}

describe('where Request accepts anything', () => {
  test.each([
    ['method', 'TRACE'],
    ['method', 'connect'],
    ['method', 'a b'],
    ['method', 'HEAD'],
    ['mode', 'no-cors'],
    ['mode', 'navigate'],
    ['credentials', 'nonsense'],
    ['cache', 'nonsense'],
    ['integrity', 'sha256-abc'],
  ])('%s: %o is a TypeError still', (name, value) => {
    stub('Request', CarelessRequest);
    expect(() => new FetchEventSource(URL_STRING, { [name]: value } as FetchEventSourceInit)).toThrow(
      new TypeError(`${name}: got ${value}`),
    );
  });
});

describe('where fetch throws for what the runtime does not support', () => {
  /** The init of the first request. */
  async function firstInit(init: FetchEventSourceInit): Promise<RequestInit> {
    let received: RequestInit | undefined;
    const fetch: typeof globalThis.fetch = async (_url, given) => {
      received = given;
      return eventStream(MESSAGE);
    };
    await next(connect(URL_STRING, { ...init, fetch, reconnect: false }), 'open');
    return received as RequestInit;
  }

  test('cache, credentials and mode are left out', async () => {
    stub('Request', StrictRequest);
    const init = await firstInit({ cache: 'default', credentials: 'omit', mode: 'cors', keepalive: true });
    for (const name of ['cache', 'credentials', 'mode']) expect(init).not.toHaveProperty(name);
    expect(init.keepalive).toBe(true);
  });

  test('the standard’s defaults are left out too', async () => {
    stub('Request', StrictRequest);
    const init = await firstInit({});
    for (const name of ['cache', 'credentials']) expect(init).not.toHaveProperty(name);
  });

  test('they are passed everywhere else', async () => {
    expect(await firstInit({ mode: 'cors' })).toMatchObject({
      cache: 'no-store',
      credentials: 'same-origin',
      mode: 'cors',
    });
  });
});

describe('where fetch has no cache and so does not send no-cache', () => {
  /** What the first request says about caches. */
  async function cacheControl(init: FetchEventSourceInit): Promise<string | null> {
    let headers = new Headers();
    const fetch: typeof globalThis.fetch = async (_url, given) => {
      headers = new Headers(given?.headers);
      return eventStream(MESSAGE);
    };
    await next(connect(URL_STRING, { ...init, fetch, reconnect: false }), 'open');
    return headers.get('Cache-Control');
  }

  test('rule 54: the library sends it', async () => {
    expect(await cacheControl({})).toBe('no-cache');
  });

  test('rule 54: unless the caller says otherwise', async () => {
    expect(await cacheControl({ cache: 'default' })).toBeNull();
    expect(await cacheControl({ headers: { 'Cache-Control': 'max-age=1' } })).toBe('max-age=1');
  });
});

describe('MessageEvent', () => {
  const PROPERTIES = { data: 'a', origin: 'http://source.test', lastEventId: '7', source: null };

  /** The first message of a stream, with the ID 7. */
  async function message(): Promise<MessageEvent> {
    const fetch = async () => eventStream('id: 7\ndata: a\n\n');
    return next(connect(URL_STRING, { fetch, reconnect: false }), 'message');
  }

  test('that drops lastEventId and origin of its init, as in Workers, still has them', async () => {
    class Forgetful extends MessageEvent<unknown> {
      constructor(type: string, { data }: MessageEventInit) {
        super(type, { data });
      }
    }
    stub('MessageEvent', Forgetful);
    const event = await message();
    expect(event).toBeInstanceOf(Forgetful);
    expect(event).toMatchObject(PROPERTIES);
  });

  test('that does not exist, as in React Native, is replaced by an event with its properties', async () => {
    stub('MessageEvent', undefined);
    const event = await message();
    expect(event).toBeInstanceOf(Event);
    expect(event).toMatchObject({ ...PROPERTIES, ports: [] });
  });

  test('that keeps its init is left as it is, from the first event on', async () => {
    // A new class, which no test has used before.
    stub('MessageEvent', class extends MessageEvent<unknown> {});
    const event = await message();
    expect(event).toMatchObject(PROPERTIES);
    expect(Object.keys(event)).toEqual(Object.keys(new MessageEvent('message', PROPERTIES)));
  });
});

test('an error event in the console shows what it is about, and nothing of the response', async ({
  skip,
}) => {
  skip('Deno' in globalThis, 'Deno has a form of its own for events');
  const headers = { 'Content-Type': 'text/plain', 'X-Key': 'secret' };
  const fetch = async () => new Response('secret', { status: 403, headers });
  const event = await next<EventSourceErrorEvent>(connect(URL_STRING, { fetch }), 'error');
  const shown = inspect(event);
  expect(shown).toContain(`'Expected 200 text/event-stream, got 403 text/plain from ${URL_STRING}'`);
  expect(shown).toContain('status: 403');
  expect(shown).toContain('reconnectIn: undefined');
  expect(inspect(event.error) + shown).not.toContain('secret');
  expect(Object.keys(event)).toEqual(expect.arrayContaining(['error', 'message', 'status']));
});

describe('what is missing', () => {
  test.each(['Headers', 'TextDecoder'])('without %s the constructor names it and the remedy', (name) => {
    stub(name, undefined);
    const fetch = () => new Promise<Response>(() => {});
    for (const init of [{}, { fetch }]) {
      const create = () => new FetchEventSource(URL_STRING, init);
      expect(create).toThrow(TypeError);
      expect(create).toThrow(new RegExp(`${name}.*jest-fixed-jsdom`));
    }
  });

  test("a response without a stream, as from React Native's fetch, names the remedy", async () => {
    const { status, headers } = eventStream(MESSAGE);
    const fetch = async () => ({ status, headers }) as Response;
    const { error } = await next<EventSourceErrorEvent>(connect(URL_STRING, { fetch }), 'error');
    expect(error).toMatchObject({ code: 'no-body', message: expect.stringContaining('expo/fetch') });
  });
});

describe('an EventTarget like that of Workers', () => {
  /** It calls the `on…` property by itself, before all listeners, and calls nothing with a `this`. */
  class CallingTarget extends EventTarget {
    override addEventListener(type: string, listener: never, options?: never): void {
      const call = listener as (event: Event) => void;
      super.addEventListener(type, (event) => call.call(undefined, event), options);
    }
    override dispatchEvent(event: Event): boolean {
      const handler: ((event: Event) => void) | undefined = Reflect.get(this as object, `on${event.type}`);
      handler?.call(undefined, event);
      return super.dispatchEvent(event);
    }
  }

  test('rule 46: calls an event handler once, in its place, with the source as this', async () => {
    stub('EventTarget', CallingTarget);
    vi.resetModules();
    const { FetchEventSource } = await import('../../src/index.js');
    const source = new FetchEventSource(URL_STRING, {
      fetch: async () => eventStream(MESSAGE),
      reconnect: false,
    });
    const log: unknown[] = [];
    source.addEventListener('message', () => log.push('before'));
    const handler = function (this: unknown) {
      log.push(this === source, source.onmessage === handler);
    };
    source.onmessage = handler;
    source.addEventListener('message', () => log.push('after'));
    await next(source, 'error');
    expect(log).toEqual(['before', true, true, 'after']);
    expect(source.onmessage).toBe(handler);
    expect(Object.keys(source)).toEqual([]);
  });
});

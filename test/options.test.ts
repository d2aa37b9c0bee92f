import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceInit } from '../src/index.js';
import { connect, namedHeaders } from './scripted.js';

const URL_STRING = 'http://source.test/stream';

/** A transport that never answers. */
const silent: typeof fetch = () => new Promise(() => {});

const create = (init: unknown, url = URL_STRING) => connect(url, init as FetchEventSourceInit);

/** The error that the constructor throws for the second argument. */
function refusal(init: unknown, url?: string): Error {
  try {
    create(init, url);
  } catch (exception) {
    return exception as Error;
  }
  throw new Error('Nothing was thrown');
}

/** Everything of an error that may end up in a log. */
function textOf(error: Error): string {
  const { cause } = error as { cause?: unknown };
  return `${error} ${error.stack?.split('\n    at')[0]} ${cause instanceof Error ? textOf(cause) : cause}`;
}

/** The request of a source with this second argument, with the global fetch replaced. */
async function requestOf(init: unknown): Promise<{ init: RequestInit; headers: Record<string, string> }> {
  const request = await new Promise<RequestInit>((resolve) => {
    vi.stubGlobal('fetch', (_url: string, requestInit: RequestInit) => {
      resolve(requestInit);
      return silent(_url);
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    create(init);
  });
  return { init: request, headers: namedHeaders(new Headers(request.headers)) };
}

/** How the value appears in a message. */
const shown = (value: unknown): string =>
  typeof value === 'object' || typeof value === 'function' ? '' : String(value).replace('\n', '\\x0A');

function expectRefusal(name: string, value: unknown, init: unknown): void {
  const error = refusal(init);
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toContain(name);
  expect(error.message).toContain(shown(value));
}

describe('a wrong option is a TypeError that names it and the value received', () => {
  test.each([
    ['fetch', 'fetch'],
    ['fetch', 5],
    ['fetch', true],
    ['fetch', {}],
    ['onComment', 'log'],
    ['onComment', 5],
    ['onComment', {}],
    ['lastEventId', 5],
    ['lastEventId', true],
    ['lastEventId', {}],
    ['lastEventIdParam', 5],
    ['lastEventIdParam', true],
    ['reconnect', 5],
    ['reconnect', 'always'],
    ['reconnect', ''],
    ['reconnect', 0],
    ['method', 'HEAD'],
    ['method', 'head'],
    ['method', 'TRACE'],
    ['method', 'trace'],
    ['method', 'CONNECT'],
    ['method', 'a b'],
    ['method', 'GET\n'],
    ['mode', 'no-cors'],
  ])('%s: %o', (name, value) => {
    expectRefusal(name, value, { fetch: silent, [name]: value });
  });

  // happy-dom's Request accepts anything for these.
  test.for<[string, unknown]>([
    ['signal', 5],
    ['signal', 'abort'],
    ['signal', {}],
    ['method', ''],
    ['mode', 'nonsense'],
    ['mode', 'navigate'],
    ['cache', 'nonsense'],
    ['credentials', 'nonsense'],
    ['credentials', true],
    ['redirect', 'nonsense'],
    ['integrity', 'sha256-abc'],
    ['signal', new AbortController()],
  ])('%s: %o', ([name, value]) => {
    expectRefusal(name, value, { fetch: silent, [name]: value });
  });

  test.each([
    ['reconnectionTime', Number.NaN],
    ['reconnectionTime', -1],
    ['reconnectionTime', '1000'],
    ['reconnectionTime', true],
    ['maxBackoff', Number.NaN],
    ['maxBackoff', -1],
    ['maxBackoff', '1000'],
    ['maxFailures', Number.NaN],
    ['maxFailures', -1],
    ['maxFailures', '3'],
    ['healthyAfter', -1],
    ['healthyAfter', '5s'],
    ['statuses', 503],
    ['statuses', '503'],
    ['statuses', {}],
    ['shouldReconnect', 5],
    ['shouldReconnect', true],
    ['shouldReconnect', 'never'],
  ])('reconnect.%s: %o', (name, value) => {
    expectRefusal(name, value, { fetch: silent, reconnect: { [name]: value } });
  });

  test.each(['maxFailure', 'method', 'mode', 'connectTimeout', 'reconnect', 'constructor'])(
    'reconnect.%s, which is none of its members',
    (name) => {
      const error = refusal({ fetch: silent, reconnect: { [name]: 1 } });
      const members = 'reconnectionTime, maxBackoff, maxFailures, healthyAfter, statuses, shouldReconnect';
      expect(error).toEqual(new TypeError(`reconnect: got a member ${name}; it has ${members}`));
    },
  );

  test.each([5, true, 'Bearer token', Symbol('init')])('%o as the second argument', (init) => {
    expect(refusal(init)).toMatchObject({ message: `options: got a ${typeof init}` });
    expect(refusal(init)).toBeInstanceOf(TypeError);
  });

  test.each(['', false, 0])('%j as headers, once and for all', (headers) => {
    const message = `headers: got a ${typeof headers}`;
    expect(refusal({ fetch: silent, headers })).toEqual(new TypeError(message));
  });

  test('the first wrong one throws, and no request is made', () => {
    const fetch = vi.fn(silent);
    expect(refusal({ fetch, lastEventId: 5 })).toBeInstanceOf(TypeError);
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe('a wrong option says what to pass', () => {
  const MILLISECONDS = 'milliseconds, such as 30000';

  test.each([
    ['idleTimeout', '30s', MILLISECONDS],
    ['connectTimeout', '5000', MILLISECONDS],
    ['idleTimeout', -1, MILLISECONDS],
    ['signal', new AbortController(), 'controller.signal'],
  ])('%s: %s', (name, value, remedy) => {
    expect(refusal({ fetch: silent, [name]: value }).message).toBe(`${name}: got ${value}; pass ${remedy}`);
  });

  test.each(['reconnectionTime', 'maxBackoff'])('reconnect.%s', (name) => {
    const error = refusal({ fetch: silent, reconnect: { [name]: '5s' } });
    expect(error).toEqual(new TypeError(`${name}: got 5s; pass ${MILLISECONDS}`));
  });

  test.each([
    ['header', 'headers'],
    ['retry', 'reconnect'],
    ...('Bun' in globalThis ? [] : [['timeout', 'connectTimeout']]),
    ['maxFailures', 'reconnect'],
    ['statuses', 'reconnect'],
    ['Authorization', 'headers'],
    ['onmessage', 'it to addEventListener()'],
    ['onMessage', 'it to addEventListener()'],
    ['onerror', 'it to addEventListener()'],
    ['onopen', 'it to addEventListener()'],
    ['onclose', 'it to addEventListener()'],
    ['oncomment', 'it to addEventListener()'],
  ])('%s, which nobody has', (name, meant) => {
    for (const value of ['to-ken', 5, {}, () => 'to-ken']) {
      // With another member, or it might look like the headers themselves.
      expect(refusal({ fetch: silent, [name]: value })).toEqual(new TypeError(`${name}: pass ${meant}`));
    }
  });

  test('Bun’s fetch has a timeout', () => {
    if (!('Bun' in globalThis)) vi.stubGlobal('Bun', {});
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(create({ fetch: silent, timeout: false }).readyState).toBe(0);
  });

  // biome-ignore lint/suspicious/noThenProperty: any thenable will do
  test.each([Promise.resolve({ Authorization: 'to-ken' }), { then: () => {} }])(
    'headers that are a promise: await it, or pass a function (%#)',
    (headers) => {
      const message = 'headers: await it, or pass a function';
      expect(refusal({ fetch: silent, headers })).toEqual(new TypeError(message));
    },
  );
});

describe('a hostile value is a TypeError that names the option', () => {
  const fail = () => {
    throw new RangeError('foreign');
  };
  const trap = new Proxy({}, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail });
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const VALUES: Record<string, unknown> = {
    'without a prototype': Object.create(null),
    'whose toString throws': { toString: fail },
    'whose getters throw': Object.defineProperty({}, 'addEventListener', { get: fail, enumerable: true }),
    'whose traps throw': trap,
    'that is revoked': (() => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    })(),
    'that is a symbol': Symbol('x'),
    'whose text is a list of control characters': { toString: () => '\x1b\x9b\n'.repeat(1000) },
  };
  const OWN = [
    'connectTimeout',
    'dedupe',
    'done',
    'fetch',
    'flush',
    'idleTimeout',
    'lastEventId',
    'lastEventIdParam',
  ];
  const OTHERS = ['maxEventSize', 'onComment', 'method', 'cache', 'mode', 'credentials', 'signal'];

  test.each([...OWN, ...OTHERS].flatMap((name) => Object.keys(VALUES).map((kind) => [name, kind] as const)))(
    '%s %s',
    (name, kind) => {
      const error = refusal({ fetch: silent, ...(name !== 'fetch' && {}), [name]: VALUES[kind] });
      expect(Object.getPrototypeOf(error)).toBe(TypeError.prototype);
      expect(error.message).toMatch(new RegExp(`^${name}: got .{1,150}$`));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
      expect(error.message).not.toMatch(/[\0-\x1f\x7f-\x9f]/);
    },
  );

  test.each([
    ['parse', cycle],
    ['parse', Symbol('x')],
    ['parse', trap],
    ['parse', { price: Symbol('x') }],
    ['headers', trap],
    ['headers', { 'X-Key': { toString: fail } }],
    ['headers', { 'X-Key': Symbol('x') }],
    ['headers', Object.defineProperty({}, 'X-Key', { get: fail, enumerable: true })],
    ['reconnect', trap],
    ['body', trap],
    ['body', { toString: fail }],
  ])('%s (%#)', (name, value) => {
    const method = name === 'body' ? 'POST' : 'GET';
    const error = refusal({ fetch: silent, method, [name]: value });
    expect(Object.getPrototypeOf(error)).toBe(TypeError.prototype);
    expect(error.message).toMatch(new RegExp(`^${name}: `));
  });

  test.each(['method', 'headers', 'idleTimeout'])('%s, read by a getter that throws', (name) => {
    const error = refusal(Object.defineProperty({ fetch: silent }, name, { get: fail, enumerable: true }));
    expect(error).toEqual(new TypeError(`${name}: cannot be read`));
  });

  test('all of them at once', () => {
    expect(refusal(trap).message).toMatch(/^options: /);
    expect(refusal(Object.assign(Object.create(null), { reconnect: { maxFailures: trap } })).message).toMatch(
      /^maxFailures: /,
    );
  });

  test('a name of any length or kind is shown fit to print, and its value is not', () => {
    for (const name of [`x-\x1b\x9b${'x'.repeat(500)}`, `x-${'\n'.repeat(500)}`]) {
      const { message } = refusal({ fetch: silent, [name]: 'to-ken' });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
      expect(message).not.toMatch(/to-ken|[\0-\x1f\x7f-\x9f]|.{150}/);
      expect(message).toMatch(/^x-.*: pass headers$/);
    }
  });
});

describe('a correct option is accepted', () => {
  test.each([
    { method: 'get' },
    { method: 'POST' },
    { method: 'QUERY' },
    { method: 'DELETE' },
    { mode: 'cors' },
    { mode: 'same-origin' },
    { cache: 'default' },
    { credentials: 'omit' },
    { redirect: 'error' },
    { redirect: 'manual' },
    { lastEventId: '' },
    { lastEventId: '-1' },
    { cf: Object.create(null) },
    { next: -1 },
    { lastEventIdParam: 'after' },
    { reconnect: true },
    { reconnect: false },
    { reconnect: {} },
    { reconnect: { reconnectionTime: 0, maxBackoff: 0, maxFailures: 0, statuses: [] } },
    { reconnect: { maxFailures: Number.POSITIVE_INFINITY, statuses: [503], shouldReconnect: () => true } },
    { onComment: async () => {} },
    { headers: async () => ({}) },
    { keepalive: true },
  ])('%o', (init) => {
    expect(create({ fetch: silent, ...init }).readyState).toBe(0);
  });
});

describe('body', () => {
  test.each(['text', '', new URLSearchParams('a=1'), () => 'text', new Uint8Array([1])])(
    "with GET is a TypeError that says to pass method: 'POST' (%o)",
    (body) => {
      for (const method of [undefined, 'GET', 'get']) {
        const error = refusal({ fetch: silent, method, body });
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/body.*method: 'POST'/s);
      }
    },
  );

  test.each([
    {},
    { prompt: 'hello-secret' },
    new Map([['prompt', 'hello-secret']]),
    ['hello-secret'],
    Object.assign(Object.create(null), { prompt: 'hello-secret' }),
  ])('that is a plain object or a list is a TypeError that says to use JSON.stringify (%o)', (body) => {
    const error = refusal({ fetch: silent, method: 'POST', body });
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/body.*JSON\.stringify/s);
    expect(textOf(error)).not.toContain('hello-secret');
  });

  test.each([
    ['a set', new Set(['hello-secret'])],
    ['a weak map', new WeakMap()],
    ['a promise', Promise.resolve('hello-secret')],
    [
      'a class with a name of its own',
      Object.assign(Object.create({ [Symbol.toStringTag]: 'FormData' }), { a: 'hello-secret' }),
    ],
    [
      'a form of a package',
      { append() {}, getBoundary() {}, pipe() {}, toString: () => '[object FormData]' },
    ],
    [
      'an object whose conversion throws',
      {
        toString() {
          throw new Error('hello-secret');
        },
      },
    ],
  ])('that fetch would send only the name of is a TypeError: %s', (_what, body) => {
    const error = refusal({ fetch: silent, method: 'POST', body });
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/body.*JSON\.stringify/s);
    expect(textOf(error)).not.toContain('hello-secret');
  });

  test.each([new ReadableStream(), { async *[Symbol.asyncIterator]() {} }])(
    'that can be read only once is a TypeError that says to pass a function',
    (body) => {
      const error = refusal({ fetch: silent, method: 'POST', body });
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(/body.*function/s);
    },
  );

  test.each([
    '',
    'text',
    '[object Object] is a text',
    new URLSearchParams('a=1'),
    new FormData(),
    new Blob(['text']),
    new ArrayBuffer(1),
    new Uint8Array([1]),
    new DataView(new ArrayBuffer(1)),
    () => 'text',
    null,
    undefined,
  ])('of every kind that fetch can send again is accepted (%#)', (body) => {
    expect(create({ fetch: silent, method: 'POST', body }).readyState).toBe(0);
  });
});

// happy-dom's Headers accepts anything.
describe('illegal headers', () => {
  test.each([
    ['value', { Authorization: 'Bearer to-ken\nX-Injected: to-ken' }],
    ['value', { Authorization: 'Bearer to-ken\u{1f600}' }],
    ['value', { 'X-Key': 'to-ken\0' }],
    ['name', { 'X Key': 'to-ken' }],
    ['name', { 'X-K\u00e9y': 'to-ken' }],
    ['name', { '': 'to-ken' }],
    ['pair', [['Authorization', 'Bearer to-ken\nto-ken']]],
    ['pair', [['Authorization', 'Bearer', 'to-ken']]],
  ])('an illegal %s is a TypeError that does not show the value (%#)', (_kind, headers) => {
    const error = refusal({ fetch: silent, headers });
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^headers: illegal header (Authorization|X-Key|X Key|X-K\u00e9y|)$/);
    expect(textOf(error)).not.toContain('to-ken');
  });

  test('of several headers the illegal one is named', () => {
    const headers = { Authorization: 'Bearer to-ken', 'X-User-Name': 'Jos\u00e9 \u0106', 'X-Tenant': 'a' };
    for (const given of [headers, Object.entries(headers), new Map(Object.entries(headers))]) {
      const error = refusal({ fetch: silent, headers: given });
      expect(error).toEqual(new TypeError('headers: illegal header X-User-Name'));
      expect(error.cause).toBeUndefined();
    }
  });

  test('a token with its line end, which fetch cuts off, is fine', async () => {
    const { headers } = await requestOf({ headers: { Authorization: 'Bearer token\n' } });
    expect(headers).toMatchObject({ authorization: 'Bearer token' });
  });

  test('the same for headers as the second argument', () => {
    const error = refusal({ Authorization: 'Bearer to-ken\nto-ken' });
    expect(error).toBeInstanceOf(TypeError);
    expect(textOf(error)).not.toContain('to-ken');
  });
});

describe('headers as the second argument', () => {
  test.each([
    ['a Headers instance', new Headers({ Authorization: 'Bearer token', 'X-Tenant': 'a' })],
    ['a plain object', { Authorization: 'Bearer token', 'X-Tenant': 'a' }],
    ['names in lower case', { authorization: 'Bearer token', 'x-tenant': 'a' }],
    ['names in upper case', { AUTHORIZATION: 'Bearer token', 'X-TENANT': 'a' }],
    [
      'a list of pairs',
      [
        ['Authorization', 'Bearer token'],
        ['X-Tenant', 'a'],
      ],
    ],
    ['a member that is undefined', { Authorization: 'Bearer token', 'X-Tenant': 'a', 'X-None': undefined }],
  ])('%s is sent', async (_form, init) => {
    const { headers } = await requestOf(init);
    expect(headers).toMatchObject({ authorization: 'Bearer token', 'x-tenant': 'a' });
    expect(headers).not.toHaveProperty('x-none');
  });

  test.each([
    'Authorization',
    'authorization',
    'aUTHORIZATION',
    'Cookie',
    'Accept',
    'X-Key',
    'Last-Event-ID',
  ])('%s alone looks like a header', async (name) => {
    const { headers } = await requestOf({ [name]: 'value' });
    expect(headers).toMatchObject({ [name.toLowerCase()]: 'value' });
  });

  test('an empty Headers instance and an empty object mean no options', async () => {
    for (const init of [new Headers(), {}]) {
      const { headers } = await requestOf(init);
      expect(headers).toEqual({ accept: 'text/event-stream' });
    }
  });

  test('leave the rest of the request as it is by default', async () => {
    const { init } = await requestOf({ Authorization: 'Bearer token' });
    expect(init).toMatchObject({ cache: 'no-store', credentials: 'same-origin' });
    expect(init).not.toHaveProperty('Authorization');
  });

  test.each([
    { 'X-Key': 'a', 'X-None': undefined, 'X-Null': null },
    [['X-Key', 'a']],
    new Map([['X-Key', 'a']]),
    new Headers({ 'X-Key': 'a' }),
  ])('headers of any form are sent, without members that are undefined or null', async (given) => {
    const { headers } = await requestOf({ headers: given });
    expect(headers).toEqual({ accept: 'text/event-stream', 'x-key': 'a' });
  });

  test('changing the object later has no effect', async () => {
    const headers = { Authorization: 'Bearer token' };
    const request = requestOf(headers);
    headers.Authorization = 'Bearer late';
    expect((await request).headers).toMatchObject({ authorization: 'Bearer token' });
  });
});

describe('a key that looks like a header among real members', () => {
  test.each([
    ['Authorization', { method: 'POST' }],
    ['authorization', { headers: { 'X-Tenant': 'a' } }],
    ['COOKIE', { withCredentials: true }],
    ['accept', { lastEventId: '7' }],
    ['X-Api-Key', { fetch: silent }],
    ['x-api-key', { reconnect: false }],
    ['Last-Event-ID', { signal: new AbortController().signal }],
    ['X-Api-Key', { unknown: 1 }],
  ])('is a TypeError that names it and where it belongs, never its value (%s, %o)', (name, members) => {
    for (const init of [
      { [name]: 'to-ken', ...members },
      { ...members, [name]: 'to-ken' },
    ]) {
      const error = refusal(init);
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(name);
      expect(error.message).toContain('headers');
      expect(textOf(error)).not.toContain('to-ken');
    }
  });

  test('is so even alone, if its value is not a string', () => {
    for (const value of [5, true, { token: 'to-ken' }, () => 'to-ken', ['to-ken']]) {
      const error = refusal({ Authorization: value });
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain('Authorization');
      expect(textOf(error)).not.toContain('to-ken');
    }
  });

  test('counts as absent if it is undefined or null', () => {
    const init = { fetch: silent, method: 'POST', Authorization: undefined, 'X-Key': null };
    expect(create(init).readyState).toBe(0);
  });
});

describe('members that are undefined or null', () => {
  const names = [
    ...['method', 'headers', 'body', 'signal', 'fetch', 'lastEventId', 'lastEventIdParam', 'reconnect'],
    ...['withCredentials', 'credentials', 'cache', 'mode', 'redirect', 'integrity', 'onComment'],
    ...['referrer', 'keepalive', 'priority', 'window', 'dispatcher', 'connectTimeout', 'idleTimeout', 'done'],
    ...['maxEventSize', 'parse'],
  ];

  test.each([undefined, null])('count as absent (%o)', async (nothing) => {
    const { init, headers } = await requestOf(Object.fromEntries(names.map((name) => [name, nothing])));
    expect(init).toMatchObject({ cache: 'no-store', credentials: 'same-origin' });
    expect(init.method ?? 'GET').toBe('GET');
    expect(init.mode ?? 'cors').toBe('cors');
    expect(init.body ?? null).toBeNull();
    expect(init.redirect ?? 'follow').not.toBe('error');
    expect(headers).toEqual({ accept: 'text/event-stream' });
  });

  test.each([undefined, null])('count as absent in reconnect too (%o)', (nothing) => {
    const members = [
      'reconnectionTime',
      'maxBackoff',
      'maxFailures',
      'healthyAfter',
      'statuses',
      'shouldReconnect',
    ];
    const reconnect = Object.fromEntries(members.map((name) => [name, nothing]));
    expect(create({ fetch: silent, reconnect }).reconnectionTime).toBe(3000);
  });

  test.each([undefined, null])('count as absent as a whole: %o as the second argument', async (nothing) => {
    const { init, headers } = await requestOf(nothing);
    expect(init).toMatchObject({ cache: 'no-store', credentials: 'same-origin' });
    expect(headers).toEqual({ accept: 'text/event-stream' });
  });
});

describe('unknown members', () => {
  test('pass through to fetch as they are', async () => {
    const members = { dispatcher: { dispatch: () => true }, tls: { ca: 'x' }, cf: { cacheTtl: 0 }, next: 0 };
    const { init } = await requestOf(members);
    for (const [name, value] of Object.entries(members)) expect(Reflect.get(init, name)).toBe(value);
  });

  test("include fetch's own", async () => {
    const members = { referrerPolicy: 'no-referrer', keepalive: true, priority: 'low', mode: 'same-origin' };
    const { init } = await requestOf({ ...members, credentials: 'omit', cache: 'reload' });
    expect(init).toMatchObject({ ...members, credentials: 'omit', cache: 'reload' });
  });
});

describe('an init object', () => {
  test('is read once: changing it later has no effect', async () => {
    const init = { fetch: silent, reconnect: { reconnectionTime: 70 }, lastEventId: '7' };
    const source = create(init);
    init.reconnect.reconnectionTime = 80;
    init.lastEventId = '8';
    expect(source).toMatchObject({ reconnectionTime: 70, lastEventId: '7' });
  });

  test('keeps its members: the source writes nothing into it', () => {
    const init = Object.freeze({ fetch: silent, reconnect: Object.freeze({ reconnectionTime: 70 }) });
    create(init).reset();
    expect(Object.keys(init)).toEqual(['fetch', 'reconnect']);
  });
});

describe('no message shows a secret', () => {
  const SECRET_URL = 'http://user:pass-word@source.test/stream?token=to-ken';
  const secrets = /pass-word|to-ken/;
  const headers = { Authorization: 'Bearer to-ken', Cookie: 'session=to-ken' };

  test.each([
    { method: 'HEAD' },
    { mode: 'no-cors' },
    { lastEventId: 5 },
    { reconnect: 'always' },
    { reconnect: { maxFailures: -1 } },
    { body: 'to-ken' },
    { method: 'POST', body: { secret: 'to-ken' } },
    { method: 'POST', body: new ReadableStream() },
    { 'X-Key': 'to-ken' },
  ])('of a wrong option (%#)', (init) => {
    const error = refusal({ fetch: silent, headers, ...init }, SECRET_URL);
    expect(error).toBeInstanceOf(TypeError);
    expect(textOf(error)).not.toMatch(secrets);
  });

  test('of a wrong URL', () => {
    const error = refusal({ fetch: silent, headers }, 'http://user:pass-word@source.test:port/?token=to-ken');
    expect(error).toHaveProperty('name', 'SyntaxError');
    expect(textOf(error)).not.toMatch(secrets);
  });

  test.each([
    ['network', () => Promise.reject(new TypeError('fetch failed'))],
    ['http-status', async () => new Response('no', { status: 403 })],
    ['content-type', async () => new Response('no', { headers: { 'Content-Type': 'text/html' } })],
    [
      'end-of-stream',
      async () => new Response('data: a\n\n', { headers: { 'Content-Type': 'text/event-stream' } }),
    ],
  ])('of the error that ends a source (%s)', async (code, fetch) => {
    const source = new FetchEventSource(SECRET_URL, { fetch, headers, reconnect: false });
    const event = await new Promise<Event>((resolve) => {
      source.onerror = resolve;
    });
    const { error, message } = event as ErrorEvent;
    expect(error).toHaveProperty('code', code);
    expect(`${message} ${textOf(error)}`).not.toMatch(secrets);
  });
});

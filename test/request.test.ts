import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Attempt, EventSourceErrorEvent, FetchEventSource, FetchEventSourceInit } from '../src/index.js';
import { connect, eventStream, isWebKit, namedHeaders, next, script, utf8 } from './scripted.js';

const URL_STRING = 'http://source.test/stream';

/** After every end, the next attempt follows almost immediately. */
const reconnect = { reconnectionTime: 1, maxBackoff: 1 };

const held = { after: 'hold' } as const;

interface Call {
  url: string;
  init: RequestInit & { duplex?: string };
  headers: Headers;
}

/**
 * A fetch without a network. It answers its requests with the texts, one after the other, and later requests not at
 * all. `call(n)` is the n-th request, as soon as there is one.
 */
function transport(...texts: string[]) {
  const calls: Call[] = [];
  const waiting: (() => void)[] = [];
  const fetch = vi.fn(async (input: URL | RequestInfo, init: RequestInit = {}): Promise<Response> => {
    calls.push({ url: String(input), init, headers: new Headers(init.headers) });
    for (const look of waiting.splice(0)) look();
    const text = texts[calls.length - 1];
    return text === undefined ? new Promise(() => {}) : eventStream(text);
  });
  const call = async (number: number): Promise<Call> => {
    for (;;) {
      const found = calls[number - 1];
      if (found) return found;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return { fetch, call };
}

/** The first request of a source, or the error that comes instead. */
function firstRequest(init?: FetchEventSourceInit, url = URL_STRING): Promise<Call> {
  const { fetch, call } = transport();
  const source = connect(url, { fetch, ...init });
  return new Promise((resolve, reject) => {
    source.onerror = ({ error }) => reject(error);
    call(1).then(resolve);
  });
}

/** The first request after these streams. */
async function requestAfter(texts: string[], init?: FetchEventSourceInit, url = URL_STRING): Promise<Call> {
  const { fetch, call } = transport(...texts);
  connect(url, { fetch, reconnect, ...init });
  return call(texts.length + 1);
}

const headersOf = ({ headers }: Call) => namedHeaders(headers);

/** user:password as sent in the header. */
const basic = (credentials: string) => `Basic ${btoa(utf8(credentials))}`;

describe('rule 4: the request', () => {
  test('rule 4: is a GET with mode cors, credentials same-origin, cache no-store', async () => {
    const { url, init } = await firstRequest();
    expect(url).toBe(URL_STRING);
    expect(init.method ?? 'GET').toBe('GET');
    expect(init.mode ?? 'cors').toBe('cors');
    expect(init.credentials).toBe('same-origin');
    expect(init.cache).toBe('no-store');
    expect(init.body ?? null).toBeNull();
  });

  test('rules 4 and 54: asks for an event stream, and sets no other header by hand', async () => {
    expect(headersOf(await firstRequest())).toEqual({ accept: 'text/event-stream' });
  });

  test('rule 4: has credentials include with withCredentials', async () => {
    expect((await firstRequest({ withCredentials: true })).init.credentials).toBe('include');
    expect((await firstRequest({ withCredentials: false })).init.credentials).toBe('same-origin');
  });

  test.each(['omit', 'same-origin', 'include'] as const)(
    'rule 4: an explicit credentials wins over withCredentials (%s)',
    async (credentials) => {
      for (const withCredentials of [true, false])
        expect((await firstRequest({ credentials, withCredentials })).init.credentials).toBe(credentials);
    },
  );

  test('rule 4: is the same for the attempts after the first', async () => {
    const { init } = await requestAfter(['data: a\n\n'], { withCredentials: true });
    expect(init).toMatchObject({ credentials: 'include', cache: 'no-store' });
  });

  test("rule 40: goes to the constructor's URL each time, also after a redirect", async () => {
    const target = await script({ chunks: ['data: a\n\n'] });
    const stream = await script({ status: 307, headers: { Location: target.url } });
    const source = connect(stream.url, { reconnect });
    await next(source, 'error');
    await next(source, 'error');
    expect((await stream.requests()).length).toBeGreaterThanOrEqual(2);
  });

  test('rule 40: keeps the query, and has no fragment or one that fetch drops', async () => {
    const { url } = await firstRequest({}, 'http://source.test/a?b=c%20d&e#f');
    expect(url.replace('#f', '')).toBe('http://source.test/a?b=c%20d&e');
  });

  test('is one that the platform accepts', async () => {
    const { url, init } = await firstRequest({ method: 'POST', body: 'text', headers: { 'X-Key': 'a' } });
    const request = new Request(url, init);
    expect(request.method).toBe('POST');
    expect(await request.text()).toBe('text');
    expect(request.headers.get('X-Key')).toBe('a');
  });

  test('has headers that a fetch written for the package eventsource may spread', async () => {
    const { init } = await firstRequest({ headers: { 'X-Key': 'a' }, lastEventId: '7' });
    const headers = { ...(init.headers as Record<string, string>), 'X-More': 'b' };
    expect([...new Headers(headers)].filter(([name]) => name !== 'cache-control')).toEqual([
      ['accept', 'text/event-stream'],
      ['last-event-id', '7'],
      ['x-key', 'a'],
      ['x-more', 'b'],
    ]);
    expect(init.headers).toBeInstanceOf(Headers);
  });

  test('has headers that can still be read, whatever their names', async () => {
    const { headers } = await firstRequest({ headers: { get: 'a', has: 'b', 'X-Key': 'c' } });
    expect([headers.get('get'), headers.has('has'), headers.get('X-Key')]).toEqual(['a', true, 'c']);
  });

  test("has a signal that is aborted when the source closes, not the caller's", async () => {
    const { fetch, call } = transport();
    const { signal } = new AbortController();
    const source = connect(URL_STRING, { fetch, signal });
    const { init } = await call(1);
    expect(init.signal).not.toBe(signal);
    expect(init.signal?.aborted).toBe(false);
    source.close();
    expect(init.signal?.aborted).toBe(true);
  });
});

describe('Last-Event-ID', () => {
  test('rule 39: is not sent while the ID is empty', async () => {
    expect((await firstRequest()).headers.has('Last-Event-ID')).toBe(false);
    expect((await firstRequest({ lastEventId: '' })).headers.has('Last-Event-ID')).toBe(false);
    expect((await requestAfter(['data: a\n\n'])).headers.has('Last-Event-ID')).toBe(false);
    expect((await requestAfter(['id\ndata: a\n\n'])).headers.has('Last-Event-ID')).toBe(false);
  });

  test('rule 39: is the last ID of the stream', async () => {
    const text = 'id: 1\ndata: a\n\nid: 2\n\nid: pending\ndata: b\n';
    expect((await requestAfter([text])).headers.get('Last-Event-ID')).toBe('2');
    const later = await requestAfter(['id: 1\ndata: a\n\n', 'data: b\n\n']);
    expect(later.headers.get('Last-Event-ID')).toBe('1');
  });

  test('is the lastEventId option on the first request, and until the stream has an ID', async () => {
    const init = { lastEventId: '7' };
    expect((await firstRequest(init)).headers.get('Last-Event-ID')).toBe('7');
    expect((await requestAfter(['data: a\n\n'], init)).headers.get('Last-Event-ID')).toBe('7');
    expect((await requestAfter(['id: 8\n\n'], init)).headers.get('Last-Event-ID')).toBe('8');
  });

  test('T13: is sent as UTF-8, one character per byte', async () => {
    const { headers } = await requestAfter(['id: 日本\ndata: a\n\n']);
    expect(headers.get('Last-Event-ID')).toBe('\xe6\x97\xa5\xe6\x9c\xac');
    expect((await firstRequest({ lastEventId: 'é' })).headers.get('Last-Event-ID')).toBe('\xc3\xa9');
    expect((await firstRequest({ lastEventId: '😀' })).headers.get('Last-Event-ID')).toBe(utf8('😀'));
  });

  test('T13: arrives that way at a server', async ({ skip }) => {
    skip(isWebKit, 'WebKitGTK encodes every header as UTF-8, also what is so already');
    const stream = await script({ chunks: [utf8('id: 日本\ndata: a\n\n')] }, held);
    const source = connect(stream.url, { reconnect });
    await next(source, 'error');
    await next(source, 'open');
    const [, second] = await stream.requests();
    expect(second?.headers['last-event-id']).toBe(utf8('日本'));
    expect(source.lastEventId).toBe('日本');
  });

  test('T15: is no longer sent once the stream has reset the ID', async () => {
    const { fetch, call } = transport('id: 1\ndata: a\n\n', 'id\n\n');
    const source = connect(URL_STRING, { fetch, reconnect });
    expect((await call(2)).headers.get('Last-Event-ID')).toBe('1');
    expect((await call(3)).headers.has('Last-Event-ID')).toBe(false);
    expect(source.lastEventId).toBe('');
  });

  test.each([{ 'Last-Event-ID': 'mine' }, { 'last-event-id': 'mine' }, () => ({ 'Last-Event-ID': 'mine' })])(
    'T15: of the caller is sent until the source has an ID of its own or reset it (%o)',
    async (headers) => {
      const { fetch, call } = transport('data: a\n\n', 'id: 1\ndata: a\n\n', 'id:\ndata: a\n\n', 'id: 2\n\n');
      connect(URL_STRING, { fetch, reconnect, headers });
      const sent: (string | null)[] = [];
      for (const number of [1, 2, 3, 4, 5]) sent.push((await call(number)).headers.get('Last-Event-ID'));
      expect(sent).toEqual(['mine', 'mine', '1', null, '2']);
    },
  );

  test("T15: of the caller is replaced by the lastEventId option, which is the source's own", async () => {
    const init = { lastEventId: '7', headers: { 'Last-Event-ID': 'mine' } };
    expect((await firstRequest(init)).headers.get('Last-Event-ID')).toBe('7');
  });

  test('T15: leaves the headers that the caller gave as they were', async () => {
    const headers = new Headers({ 'Last-Event-ID': 'mine' });
    await requestAfter(['id: 1\ndata: a\n\n'], { headers });
    expect(namedHeaders(headers)).toEqual({ 'last-event-id': 'mine' });
  });
});

describe('T14: an ID that cannot be sent', () => {
  const CANNOT = /cannot|not sent|unsendable/i;

  /** A source that had this ID, the error event after it, and the request after that. */
  async function reconnectWith(id: string, init?: FetchEventSourceInit) {
    const { fetch, call } = transport(`id: ${id}\ndata: a\n\n`);
    const source = connect(URL_STRING, { fetch, reconnect, ...init });
    const error = await next<EventSourceErrorEvent>(source, 'error');
    return { source, message: error.message, request: await call(2) };
  }

  test.each([
    ['a control character', 'a\x01b'],
    ['an escape sequence', '\x1b[31m'],
    ['U+007F', 'a\x7fb'],
    ['U+001F at its end', 'a\x1f'],
    ['more than 8 KiB', 'x'.repeat(8193)],
    ['more than 8 KiB as UTF-8', '日'.repeat(2731)],
  ])('T14: stays in lastEventId, is left out, and the error event says so (%s)', async (_what, id) => {
    const { source, message, request } = await reconnectWith(id);
    expect(source.lastEventId).toBe(id);
    expect(request.headers.has('Last-Event-ID')).toBe(false);
    expect(message).toMatch(CANNOT);
    expect(message).toMatch(/last ?event ?id/i);
    expect(message).not.toContain(id);
  });

  test.each([
    ['8 KiB', 'x'.repeat(8192)],
    ['8 KiB as UTF-8', '日'.repeat(2730)],
    ['a tab', 'a\tb'],
    ['spaces and signs', '"a" b, c; d=~'],
    ['U+0080 to U+00FF', '\x80\x85\xa0\xff'],
  ])('T14: is none with %s', async (_what, id) => {
    const { message, request } = await reconnectWith(id);
    expect(request.headers.get('Last-Event-ID')).toBe(utf8(id));
    expect(message).not.toMatch(CANNOT);
  });

  test("T14: is left out although the caller's headers have one", async () => {
    const { request } = await reconnectWith('a\x01b', { headers: { 'Last-Event-ID': 'mine' } });
    expect(request.headers.has('Last-Event-ID')).toBe(false);
  });

  test('T14: does not keep the source from connecting again', async () => {
    const stream = await script({ chunks: ['id: a\x01b\ndata: a\n\n'] }, held);
    const source = connect(stream.url, { reconnect });
    await next(source, 'error');
    await next(source, 'open');
    const [, second] = await stream.requests();
    expect(second?.headers).not.toHaveProperty('last-event-id');
    expect(source.lastEventId).toBe('a\x01b');
  });

  test.each(['a\nX-Injected: b', 'a\r\nb', 'a\0b'])(
    'T14: in the lastEventId option is not sent either (%j)',
    async (lastEventId) => {
      const { fetch, call } = transport();
      const source = connect(URL_STRING, { fetch, lastEventId });
      expect(headersOf(await call(1))).toEqual({ accept: 'text/event-stream' });
      expect(source.lastEventId).toBe(lastEventId);
    },
  );

  test('T14: such as a lone surrogate in the option is refused at once, or does no harm', async () => {
    const request = await Promise.resolve()
      .then(() => firstRequest({ lastEventId: 'a\ud800' }))
      .catch((error: unknown) => error);
    if (request instanceof TypeError) return expect(request.message).toContain('lastEventId');
    expect([null, 'a\xef\xbf\xbd']).toContain((request as Call).headers?.get('Last-Event-ID'));
  });
});

describe('lastEventIdParam', () => {
  const init = { lastEventIdParam: 'after' };
  const queryOf = ({ url }: Call) => Object.fromEntries(new URL(url).searchParams);

  test('sends the ID as this query parameter instead of the header', async () => {
    const request = await firstRequest({ ...init, lastEventId: '7' }, `${URL_STRING}?a=b`);
    expect(queryOf(request)).toEqual({ a: 'b', after: '7' });
    expect(headersOf(request)).toEqual({ accept: 'text/event-stream' });
  });

  test('replaces parameters of that name in the request, not in url', async () => {
    const url = `${URL_STRING}?after=1&a=b&after=2#f`;
    const { fetch, call } = transport('id: 8&?# 日\ndata: a\n\n');
    const source = connect(url, { ...init, fetch, reconnect });
    const request = await call(2);
    expect(new URL(request.url).searchParams.getAll('after')).toEqual(['8&?# 日']);
    expect(new URL(request.url).searchParams.get('a')).toBe('b');
    expect(request.headers.has('Last-Event-ID')).toBe(false);
    expect(source.url).toBe(url);
  });

  test('leaves the URL alone while there is no ID', async () => {
    expect((await firstRequest(init, `${URL_STRING}?after=1`)).url).toBe(`${URL_STRING}?after=1`);
    expect((await firstRequest(init)).url).toBe(URL_STRING);
  });

  test('leaves the rest of the query as it is', async () => {
    const query = '??after=0&flag&q=a%20b&s=a/b~*?&&empty=';
    const request = await firstRequest({ ...init, lastEventId: 'é &' }, `${URL_STRING}${query}&%61fter=1#f`);
    expect(new URL(request.url).search).toBe(`${query}&after=%C3%A9%20%26`);
  });

  test('is built anew for each attempt', async () => {
    const { fetch, call } = transport('id: 1\n\n', 'id: 2\n\n', 'id\n\n');
    connect(URL_STRING, { ...init, fetch, reconnect });
    const sent: unknown[] = [];
    for (const number of [1, 2, 3, 4]) sent.push(queryOf(await call(number)));
    expect(sent).toEqual([{}, { after: '1' }, { after: '2' }, {}]);
  });

  test("lets no header of that name through once the source has an ID, not even the caller's", async () => {
    const request = await requestAfter(['id: 1\n\n'], { ...init, headers: { 'Last-Event-ID': 'mine' } });
    expect(request.headers.has('Last-Event-ID')).toBe(false);
    expect(queryOf(request)).toEqual({ after: '1' });
  });

  test('T14: does not send an ID of more than 8 KiB', async () => {
    const id = 'x'.repeat(8193);
    expect(queryOf(await requestAfter([`id: ${id}\n\n`], init))).toEqual({});
    expect(queryOf(await requestAfter([`id: ${id.slice(1)}\n\n`], init))).toEqual({ after: id.slice(1) });
  });
});

describe('a user and password in the URL', () => {
  test.each([
    ['http://user:password@source.test/', 'user:password'],
    ['http://user@source.test/', 'user:'],
    ['http://:password@source.test/', ':password'],
    ['http://us%20er:p%40ss%3A@source.test/', 'us er:p@ss:'],
    ['http://us%C3%A9r:%E6%97%A5@source.test/', 'usér:日'],
    ['http://usér:日@source.test/', 'usér:日'],
    ['http://user:100%@source.test/', 'user:100%'],
    ['http://user:%zz@source.test/', 'user:%zz'],
    ['http://user:pa%u20ACss@source.test/', 'user:pa%u20ACss'],
  ])('go out as Authorization: Basic, percent-decoded as UTF-8 (%s)', async (url, credentials) => {
    const request = await firstRequest({}, url);
    expect(request.headers.get('Authorization')).toBe(basic(credentials));
    expect(request.url).toBe('http://source.test/');
  });

  test('stay in the url of the source', async () => {
    const { fetch, call } = transport('data: a\n\n');
    const source = connect('http://user:password@source.test/', { fetch, reconnect });
    await call(2);
    expect(source.url).toBe('http://user:password@source.test/');
  });

  test('are sent with each attempt', async () => {
    const { url, headers } = await requestAfter(['data: a\n\n'], {}, 'http://user:password@source.test/a?b');
    expect(headers.get('Authorization')).toBe(basic('user:password'));
    expect(url).toBe('http://source.test/a?b');
  });

  test.each([{ authorization: 'Bearer token' }, () => ({ Authorization: 'Bearer token' })])(
    'do not when the caller gave Authorization (%o)',
    async (headers) => {
      const request = await firstRequest({ headers }, 'http://user:password@source.test/');
      expect(request.headers.get('Authorization')).toBe('Bearer token');
      expect(request.url).toBe('http://source.test/');
    },
  );

  test('are absent from a URL with only an @', async () => {
    const { headers } = await firstRequest({}, 'http://@source.test/');
    expect(headers.has('Authorization')).toBe(false);
  });

  test('arrive at a server', async () => {
    const stream = await script(held);
    await next(connect(stream.url.replace('//', '//us%C3%A9r:password@')), 'open');
    const [request] = await stream.requests();
    expect(request?.headers).toMatchObject({ authorization: basic('usér:password') });
  });
});

describe('headers', () => {
  test.each([
    { Accept: 'text/event-stream, application/json', Authorization: 'Bearer token' },
    { accept: 'text/event-stream, application/json', authorization: 'Bearer token' },
    new Headers({ Accept: 'text/event-stream, application/json', Authorization: 'Bearer token' }),
    [
      ['Accept', 'text/event-stream, application/json'],
      ['Authorization', 'Bearer token'],
    ] as [string, string][],
  ])('of the caller win over ours (%#)', async (headers) => {
    expect(headersOf(await firstRequest({ headers }))).toEqual({
      accept: 'text/event-stream, application/json',
      authorization: 'Bearer token',
    });
  });

  test('that can be read only once still arrive with each attempt', async () => {
    const stream = await script({ chunks: ['data: a\n\n'] }, held);
    const headers = new Map([['Authorization', 'Bearer token']]).entries() as never;
    const source = connect(stream.url, { reconnect, headers });
    await next(source, 'error');
    await next(source, 'open');
    const sent = (await stream.requests()).map((request) => request.headers['authorization']);
    expect(sent).toEqual(['Bearer token', 'Bearer token']);
  });

  test('arrive at a server with each attempt', async () => {
    const stream = await script({ chunks: ['data: a\n\n'] }, held);
    const source = connect(stream.url, { reconnect, headers: { Authorization: 'Bearer token' } });
    await next(source, 'error');
    await next(source, 'open');
    for (const request of await stream.requests()) {
      expect(request.headers).toMatchObject({ authorization: 'Bearer token', accept: 'text/event-stream' });
    }
  });
});

/** Closes the source after this many attempts, and resolves with what the function was told about them. */
function attemptsOf(
  name: 'headers' | 'body',
  number: number,
  fetch: typeof globalThis.fetch,
): Promise<{ attempts: Attempt[]; source: FetchEventSource }> {
  return new Promise((resolve) => {
    const attempts: Attempt[] = [];
    const ask = (attempt: Attempt) => {
      attempts.push(attempt);
      if (attempts.length === number) resolve({ attempts, source });
      return undefined;
    };
    const source = connect(URL_STRING, { fetch, reconnect, method: 'POST', [name]: ask });
  });
}

describe.each(['headers', 'body'] as const)('a function for %s', (name) => {
  test('is told of every attempt: lastEventId, failures, error, signal', async () => {
    const { fetch } = transport('id: 1\ndata: a\n\n', '', '', ': comment\n');
    const { attempts } = await attemptsOf(name, 5, fetch);
    const told = attempts.map(({ lastEventId, failures, error }) => [lastEventId, failures, error?.code]);
    expect(told).toEqual([
      ['', 0, undefined],
      ['1', 0, 'end-of-stream'],
      ['1', 1, 'end-of-stream'],
      ['1', 2, 'end-of-stream'],
      ['1', 0, 'end-of-stream'],
    ]);
    for (const attempt of attempts)
      expect(Object.keys(attempt).sort()).toEqual(['error', 'failures', 'lastEventId', 'signal']);
  });

  test('is told why the last attempt ended', async () => {
    const cause = new TypeError('no network');
    const { attempts } = await attemptsOf(name, 3, async () => {
      throw cause;
    });
    expect(attempts[2]?.failures).toBe(2);
    expect(attempts[2]?.error).toMatchObject({ code: 'network', cause });
  });

  test('gets a signal that is aborted when the source closes', async () => {
    const { attempts, source } = await attemptsOf(name, 1, transport().fetch);
    expect(attempts[0]?.signal.aborted).toBe(false);
    source.close();
    expect(attempts[0]?.signal.aborted).toBe(true);
  });

  test('is not called by the constructor', () => {
    const ask = vi.fn(() => undefined);
    connect(URL_STRING, { fetch: transport().fetch, method: 'POST', [name]: ask });
    expect(ask).not.toHaveBeenCalled();
  });

  test('may return undefined, or a promise of it', async () => {
    for (const ask of [() => undefined, async () => undefined]) {
      const request = await firstRequest({ method: 'POST', [name]: ask });
      expect(headersOf(request)).toEqual({ accept: 'text/event-stream' });
      expect(request.init.body ?? null).toBeNull();
    }
  });

  const cause = new Error('the token server is down');
  const throwing = {
    throws: () => {
      throw cause;
    },
    rejects: async () => {
      throw cause;
    },
  };

  test.each(['throws', 'rejects'] as const)(
    `that %s makes a failed attempt, code ${name}, without a request, and is asked again`,
    async (how) => {
      const { fetch, call } = transport();
      const ask = vi.fn(throwing[how] as () => undefined).mockName(name);
      const source = connect(URL_STRING, { fetch, reconnect, method: 'POST', [name]: ask });
      const event = await next<EventSourceErrorEvent>(source, 'error');
      expect(event.error).toMatchObject({ name: 'FetchEventSourceError', code: name, cause });
      expect(event.reconnectIn).toBeGreaterThan(0);
      expect(source.readyState).toBe(0);
      expect(fetch).not.toHaveBeenCalled();
      ask.mockImplementation(() => undefined);
      await call(1);
      expect(ask).toHaveBeenLastCalledWith(
        expect.objectContaining({ failures: ask.mock.calls.length - 1, error: expect.anything() }),
      );
    },
  );

  test(`that fails ends the source with reconnect: false, code ${name}`, async () => {
    const { fetch } = transport();
    const init = { fetch, reconnect: false, method: 'POST', [name]: throwing.rejects };
    const source = connect(URL_STRING, init);
    const event = await next<EventSourceErrorEvent>(source, 'error');
    expect(event.error).toMatchObject({ code: name, cause });
    expect(source.readyState).toBe(2);
    expect(fetch).not.toHaveBeenCalled();
  });

  test('whose answer is of the wrong kind fails the source, which says what to do', async () => {
    const wrong = { headers: 'Bearer to-ken', body: { prompt: 'to-ken' } }[name as 'headers' | 'body'];
    const init = { fetch: transport().fetch, reconnect: true, method: 'POST', [name]: () => wrong };
    const source = connect(URL_STRING, init);
    const { error } = await next<EventSourceErrorEvent>(source, 'error');
    expect(source.readyState).toBe(2);
    const message = name === 'headers' ? 'headers: got a string' : 'body: use JSON.stringify()';
    expect(error).toMatchObject({ code: name, message, cause: { message } });
  });

  test('that settles after close() makes no request', async () => {
    const { fetch } = transport();
    let settle = () => {};
    const settled = new Promise<undefined>((resolve) => {
      settle = () => resolve(undefined);
    });
    let source: FetchEventSource | undefined;
    await new Promise<void>((resolve) => {
      const ask = () => {
        resolve();
        return settled;
      };
      source = connect(URL_STRING, { fetch, method: 'POST', [name]: ask });
    });
    source?.close();
    settle();
    // Meanwhile another source, started later, makes its request.
    await firstRequest({ method: 'POST', [name]: async () => undefined });
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe('a function for headers', () => {
  test.each([
    () => ({ Authorization: 'Bearer token' }),
    async () => ({ Authorization: 'Bearer token' }),
    () => new Headers({ Authorization: 'Bearer token' }),
    async () => [['Authorization', 'Bearer token']] as [string, string][],
    // biome-ignore lint/suspicious/noThenProperty: any thenable will do
    () => ({ then: (resolve: (value: object) => void) => resolve({ Authorization: 'Bearer token' }) }),
  ])('gives the headers, synchronously or not (%#)', async (headers) => {
    const request = await firstRequest({ headers: headers as () => HeadersInit });
    expect(headersOf(request)).toEqual({ accept: 'text/event-stream', authorization: 'Bearer token' });
  });

  test.each([
    () => ({ Authorization: 'Bearer token', 'X-None': undefined, 'X-Null': null }),
    async () => Object.assign(Object.create(null), { Authorization: 'Bearer token', 'X-None': undefined }),
  ])('leaves out members that are undefined or null', async (headers) => {
    const request = await firstRequest({ headers: headers as never });
    expect(headersOf(request)).toEqual({ accept: 'text/event-stream', authorization: 'Bearer token' });
  });

  test.each([() => undefined, () => null, () => ({})])('may give none', async (headers) => {
    const request = await firstRequest({ headers: headers as never });
    expect(headersOf(request)).toEqual({ accept: 'text/event-stream' });
  });

  test('is called for every attempt: that is how tokens are refreshed', async () => {
    let token = 0;
    const { fetch, call } = transport('data: a\n\n', 'data: b\n\n');
    connect(URL_STRING, { fetch, reconnect, headers: async () => ({ Authorization: `Bearer ${++token}` }) });
    const sent: (string | null)[] = [];
    for (const number of [1, 2, 3]) sent.push((await call(number)).headers.get('Authorization'));
    expect(sent).toEqual(['Bearer 1', 'Bearer 2', 'Bearer 3']);
  });

  // happy-dom's Headers accepts anything.
  test('that returns an illegal value does not have it shown', async () => {
    const headers = () => ({ Authorization: 'Bearer to-ken\nto-ken' });
    const source = connect(URL_STRING, { fetch: transport().fetch, headers });
    const { error, message } = await next<EventSourceErrorEvent>(source, 'error');
    expect(error?.code).toBe('headers');
    expect(source.readyState).toBe(2);
    expect(message).toBe('headers: illegal header Authorization');
    expect(`${message} ${error} ${error?.cause} ${(error?.cause as Error)?.cause}`).not.toContain('to-ken');
  });
});

describe('a body', () => {
  const post = { method: 'POST' } as const;

  test.each(['text', new URLSearchParams('a=b'), new Blob(['text']), new Uint8Array([1, 2])])(
    'is sent again on every attempt (%#)',
    async (body) => {
      const { fetch, call } = transport('data: a\n\n');
      connect(URL_STRING, { ...post, fetch, reconnect, body });
      for (const number of [1, 2]) {
        const { init } = await call(number);
        expect(init.method).toBe('POST');
        expect(init.body).toBe(body);
      }
    },
  );

  test('T22: from a function is requested for each attempt', async () => {
    let count = 0;
    const { fetch, call } = transport('data: a\n\n', 'data: b\n\n');
    connect(URL_STRING, { ...post, fetch, reconnect, body: async () => `attempt ${++count}` });
    const bodies: unknown[] = [];
    for (const number of [1, 2, 3]) bodies.push((await call(number)).init.body);
    expect(bodies).toEqual(['attempt 1', 'attempt 2', 'attempt 3']);
  });

  test('T22: that is a stream from a function is made anew for each attempt and sent with duplex half', async () => {
    const streams: ReadableStream[] = [];
    const body = () => {
      const stream = new ReadableStream({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode('text'));
          controller.close();
        },
      });
      streams.push(stream);
      return stream;
    };
    const { fetch, call } = transport('data: a\n\n');
    connect(URL_STRING, { ...post, fetch, reconnect, body });
    for (const number of [1, 2]) {
      const { init } = await call(number);
      expect(init.body).toBe(streams[number - 1]);
      expect(init.duplex).toBe('half');
    }
    expect(streams).toHaveLength(2);
  });

  test('arrives at a server, with its content type, on every attempt', async () => {
    const stream = await script({ chunks: ['data: a\n\n'] }, held);
    const headers = { 'Content-Type': 'application/json' };
    const source = connect(stream.url, { ...post, headers, body: '{"a":"日"}', reconnect });
    await next(source, 'error');
    await next(source, 'open');
    const requests = await stream.requests();
    expect(requests).toHaveLength(2);
    for (const request of requests) {
      expect(request).toMatchObject({ method: 'POST', body: '{"a":"日"}' });
      expect(request.headers['content-type']).toBe('application/json');
    }
  });
});

describe('fetch', () => {
  test('is looked up on globalThis at each attempt', async () => {
    const [first, second] = [transport('data: a\n\n'), transport()];
    onTestFinished(() => void vi.unstubAllGlobals());
    vi.stubGlobal('fetch', first.fetch);
    const source = connect(URL_STRING, { reconnect });
    source.onerror = () => void vi.stubGlobal('fetch', second.fetch);
    await second.call(1);
    expect(first.fetch).toHaveBeenCalledTimes(1);
  });

  test('need not be there when the source is constructed', async () => {
    onTestFinished(() => void vi.unstubAllGlobals());
    const { fetch, call } = transport();
    vi.stubGlobal('fetch', undefined);
    connect(URL_STRING);
    vi.stubGlobal('fetch', fetch);
    expect((await call(1)).url).toBe(URL_STRING);
  });

  test('of the caller is used for each attempt, and the global one is not', async () => {
    const global = vi.fn(transport().fetch);
    vi.stubGlobal('fetch', global);
    onTestFinished(() => void vi.unstubAllGlobals());
    await requestAfter(['data: a\n\n', 'data: b\n\n']);
    expect(global).not.toHaveBeenCalled();
  });

  test('that throws instead of rejecting makes a network error like any other', async () => {
    const cause = new TypeError('at once');
    const fetch = () => {
      throw cause;
    };
    const source = connect(URL_STRING, { fetch });
    const { error } = await next<EventSourceErrorEvent>(source, 'error');
    expect(error).toMatchObject({ code: 'network', cause });
    expect(source.readyState).toBe(0);
  });

  test('gets the members that only it knows, at each attempt', async () => {
    const members = { dispatcher: { dispatch: () => true }, tls: { ca: 'x' }, cf: { cacheTtl: 0 } };
    const init: FetchEventSourceInit = { ...members } as FetchEventSourceInit;
    for (const call of [await firstRequest(init), await requestAfter(['data: a\n\n'], init)])
      for (const [name, value] of Object.entries(members)) expect(Reflect.get(call.init, name)).toBe(value);
  });
});

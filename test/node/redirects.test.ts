import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceInit } from '../../src/index.js';
import { connect, eventStream, next } from '../scripted.js';

interface Recorded {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** An origin, and the requests that it got. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: Recorded[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const stream = (_request: IncomingMessage, response: ServerResponse) =>
  response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('id: 1\ndata: here\n\n');

/** An origin that redirects everything except `/here`. */
const redirect = (status: number, location?: string) =>
  serve((request, response) => {
    if (request.url === '/here') return stream(request, response);
    return response.writeHead(status, location === undefined ? {} : { Location: location }).end('moved');
  });

const SECRETS = { Authorization: 'Bearer secret', Cookie: 'a=b', 'X-API-Key': 'secret' };

/** The outcome of a source: its first message, or the error. */
async function outcome(url: string, init: FetchEventSourceInit = {}) {
  const source = connect(url, { reconnect: false, ...init });
  const event = await Promise.race([
    next(source, 'message'),
    next<Event & { error: Error & { code: string; status?: number } }>(source, 'error'),
  ]);
  return { source, event: event as MessageEvent & { error?: Error & { code: string; status?: number } } };
}

const STATUSES = [301, 302, 303, 307, 308];

describe('to another origin', () => {
  test('is the origin of the events, even if a fetch’s responses do not say where they come from', async () => {
    vi.stubGlobal('fetch', async (url: string) =>
      url === 'https://a.test/'
        ? new Response(null, { status: 302, headers: { Location: 'https://b.test/' } })
        : eventStream('data: here\n\n'),
    );
    onTestFinished(() => void vi.unstubAllGlobals());
    const { event } = await outcome('https://a.test/');
    expect(event).toMatchObject({ data: 'here', origin: 'https://b.test' });
  });

  test.each(STATUSES)(
    'a %i takes none of the caller’s headers along but Accept and the ID',
    async (status) => {
      const target = await serve(stream);
      const { origin } = await redirect(status, `${target.origin}/there`);
      const { event } = await outcome(origin, {
        headers: { ...SECRETS, Accept: 'text/event-stream, */*' },
        lastEventId: '7',
      });
      expect(event.data).toBe('here');
      expect(event.origin).toBe(target.origin);
      const { headers } = target.requests[0] as Recorded;
      expect(headers).toMatchObject({ accept: 'text/event-stream, */*', 'last-event-id': '7' });
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['authorization']));
      expect(JSON.stringify(headers)).not.toMatch(/secret|a=b/);
    },
  );

  test('a password in the URL stays behind', async () => {
    const target = await serve(stream);
    const { origin, requests } = await redirect(307, target.origin);
    await outcome(origin.replace('//', '//user:secret@'));
    expect(requests[0]?.headers.authorization).toMatch(/^Basic /);
    expect(target.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('what was dropped does not come back when redirects lead home', async () => {
    const home = await serve((request, response) =>
      request.url === '/'
        ? response.writeHead(302, { Location: away.origin }).end()
        : stream(request, response),
    );
    const away = await redirect(302, `${home.origin}/back`);
    const { event } = await outcome(home.origin, { headers: SECRETS });
    expect(event.data).toBe('here');
    expect(home.requests.map(({ headers }) => headers['x-api-key'])).toEqual(['secret', undefined]);
  });

  test.each([307, 308])('a %i that would send a body there fails', async (status) => {
    const target = await serve(stream);
    const { origin, requests } = await redirect(status, `${target.origin}/?token=secret`);
    const { source, event } = await outcome(origin, { method: 'POST', body: 'private', reconnect: true });
    expect(event.error).toMatchObject({ code: 'redirect', status });
    expect(event.error?.message).toContain(target.origin);
    expect(event.error?.message).not.toMatch(/secret|private/);
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
    expect([requests.length, target.requests.length]).toEqual([1, 0]);
  });

  test.each([301, 302, 303])('a %i turns a POST into a GET without its body', async (status) => {
    const target = await serve(stream);
    const { origin } = await redirect(status, target.origin);
    const { event } = await outcome(origin, { method: 'POST', body: 'private' });
    expect(event.data).toBe('here');
    expect(target.requests[0]).toMatchObject({ method: 'GET', body: '' });
    expect(target.requests[0]?.headers['content-type']).toBeUndefined();
  });

  test('a Request instead of options changes nothing, although its redirect is `follow`', async () => {
    const target = await serve(stream);
    const { origin, requests } = await redirect(307, target.origin);
    const source = connect(origin, new Request(origin, { headers: SECRETS }) as FetchEventSourceInit);
    expect((await next(source, 'message')).data).toBe('here');
    expect(requests[0]?.headers).toMatchObject({ 'x-api-key': 'secret', 'cache-control': 'no-cache' });
    expect(target.requests[0]?.headers['x-api-key']).toBeUndefined();
  });

  test('another attempt begins at the first URL again, with all headers', async () => {
    const target = await serve((_request, response) =>
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(': hello\n'),
    );
    const { origin, requests } = await redirect(302, target.origin);
    connect(origin, { headers: SECRETS, reconnect: { reconnectionTime: 1 } });
    await expect.poll(() => target.requests.length).toBeGreaterThan(1);
    expect(requests[1]?.headers['x-api-key']).toBe('secret');
    expect(target.requests[1]?.headers['x-api-key']).toBeUndefined();
  });
});

describe('on the same origin', () => {
  test.each(STATUSES)('a %i keeps the headers', async (status) => {
    const { origin, requests } = await redirect(status, '/here');
    const { event } = await outcome(origin, { headers: SECRETS });
    expect(event.data).toBe('here');
    expect(requests[1]?.headers).toMatchObject({ authorization: 'Bearer secret', 'x-api-key': 'secret' });
  });

  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [301, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
  ])('after a %i, a %s is a %s', async (status, method, expected) => {
    const { origin, requests } = await redirect(status, '/here');
    const { event } = await outcome(origin, {
      method,
      body: 'text',
      headers: { 'Content-Type': 'a/b', 'X-Other': 'c' },
    });
    expect(event.data).toBe('here');
    const isKept = expected === method;
    expect(requests[1]).toMatchObject({ method: expected, body: isKept ? 'text' : '' });
    expect(requests[1]?.headers['content-type']).toBe(isKept ? 'a/b' : undefined);
    expect(requests[1]?.headers['x-other']).toBe('c');
  });

  test('a body that can be read only once is not sent twice', async () => {
    const { origin, requests } = await redirect(307, '/here');
    const { event } = await outcome(origin, {
      method: 'POST',
      body: () => new Blob(['text']).stream() as BodyInit,
    });
    expect(event.error).toMatchObject({ code: 'redirect', status: 307 });
    expect(requests).toHaveLength(1);
  });

  test('a stream that cannot be iterated, as in WebKit, is not sent twice either', async () => {
    vi.stubGlobal('fetch', async (url: string) =>
      url.endsWith('/b')
        ? eventStream('data: here\n\n')
        : new Response(null, { status: 307, headers: { Location: '/b' } }),
    );
    onTestFinished(() => void vi.unstubAllGlobals());
    const { event } = await outcome('https://a.test/', {
      method: 'POST',
      body: () => ({ getReader() {} }) as never,
    });
    expect(event.error).toMatchObject({ code: 'redirect', status: 307 });
  });

  test('bytes beyond ASCII in a Location are UTF-8', async () => {
    const location = Buffer.from('/straße').toString('latin1');
    const { origin, requests } = await serve((request, response) =>
      request.url === '/' ? response.writeHead(302, { Location: location }).end() : stream(request, response),
    );
    await outcome(origin);
    expect(requests[1]?.url).toBe(encodeURI('/straße'));
  });
});

describe('what is not followed', () => {
  test('more than twenty', async () => {
    const { origin, requests } = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      return left ? response.writeHead(302, { Location: `/${left - 1}` }).end() : stream(request, response);
    });
    expect((await outcome(`${origin}/20`)).event.data).toBe('here');
    requests.length = 0;
    const { source, event } = await outcome(`${origin}/21`, { reconnect: true });
    expect(event.error).toMatchObject({ code: 'redirect', status: 302 });
    expect([requests.length, source.readyState]).toEqual([21, FetchEventSource.CLOSED]);
  });

  test.each(['ftp://127.0.0.1/', 'data:text/event-stream,data:x', 'http://', 'http://user:pw@127.0.0.1/'])(
    'a Location of %s',
    async (location) => {
      const { origin } = await redirect(302, location);
      const { source, event } = await outcome(`${origin}/a?key=to-ken`, { reconnect: true });
      expect(event.error).toMatchObject({ code: 'redirect', status: 302 });
      expect(event.error?.message).toMatch(/^Redirect not followed from http:\/\/127\.0\.0\.1:\d+\/a: /);
      expect(event.error?.message).not.toContain('pw');
      expect(source.readyState).toBe(FetchEventSource.CLOSED);
    },
  );

  test('from https: to http:', async () => {
    const urls: string[] = [];
    const { event } = await outcome('https://source.test/', {
      headers: { 'X-Api-Key': 'k' },
      fetch: async (url) => {
        urls.push(String(url));
        return new Response(null, { status: 301, headers: { Location: 'http://source.test/' } });
      },
    });
    expect([event.error?.code, urls]).toEqual(['redirect', ['https://source.test/']]);
  });

  test('a redirect without a Location is a status like any other', async () => {
    const { origin } = await redirect(302);
    expect((await outcome(origin)).event.error).toMatchObject({ code: 'http-status', status: 302 });
  });

  test.each([300, 304, 305])('a %i', async (status) => {
    const { origin } = await redirect(status, '/here');
    expect((await outcome(origin)).event.error).toMatchObject({ code: 'http-status', status });
  });
});

test('an explicit redirect option leaves it to the platform', async () => {
  const { origin } = await redirect(302, '/here');
  expect((await outcome(origin, { redirect: 'manual' })).event.error).toMatchObject({ status: 302 });
  expect((await outcome(origin, { redirect: 'error' })).event.error).toMatchObject({ code: 'network' });
  expect((await outcome(origin, { redirect: 'follow' })).event.data).toBe('here');
});

describe('a program that pretends to be a browser', () => {
  /** What imitations of a page define, in Node. */
  const page = {
    navigator: { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', language: 'en' },
    document: { baseURI: 'http://localhost/', cookie: '' },
    location: { href: 'http://localhost/', origin: 'http://localhost' },
    window: globalThis,
    self: globalThis,
  };

  test.each([
    ['a user agent', { navigator: page.navigator }],
    ['a user agent that is a text of its own', { navigator: { userAgent: 'Mozilla/5.0 (compatible; SSR)' } }],
    ['a whole page', page],
    [
      'a Request that drops what pages may not set',
      {
        Request: class extends Request {
          override get headers() {
            const headers = new Headers(super.headers);
            headers.delete('Host');
            return Object.assign(headers, {
              has: (name: string) => Headers.prototype.has.call(headers, name),
            });
          }
        },
      },
    ],
  ])('with %s: headers and body stay with their origin', async (_what, globals: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
    onTestFinished(() => void vi.unstubAllGlobals());
    const other = await serve(stream);
    const { origin } = await redirect(307, `${other.origin}/here`);
    const headers = { 'X-Api-Key': 'secret' };
    expect((await outcome(origin, { headers })).event.data).toBe('here');
    expect(other.requests[0]?.headers).not.toHaveProperty('x-api-key');
    const { event } = await outcome(origin, { headers, method: 'POST', body: 'secret' });
    expect(event.error?.code).toBe('redirect');
    expect(other.requests).toHaveLength(1);
  });
});

describe("with a caller's fetch", () => {
  /** As the documentation of `eventsource` shows it. */
  const addToken: typeof fetch = (url, init) =>
    fetch(url, { ...init, headers: { ...init?.headers, Authorization: 'Bearer secret' } });

  test.each([
    ['no options', {}],
    ['an ID to resume from', { lastEventId: '7' }],
    ['a body function that makes none', { method: 'PUT', body: () => null }],
  ])('%s: it follows, and what it adds goes where the platform lets it', async (_what, init: object) => {
    const other = await serve(stream);
    const { origin, requests } = await redirect(302, `${other.origin}/here`);
    const { event } = await outcome(origin, { ...init, fetch: addToken });
    expect([event.data, event.origin]).toEqual(['here', other.origin]);
    expect(requests[0]?.headers.authorization).toBe('Bearer secret');
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test.each([
    ['headers', {}, { headers: { 'X-Api-Key': 'secret' } }],
    ['a headers function', {}, { headers: () => undefined }],
    ['a user in the URL', { username: 'secret' }, {}],
    ['a body', {}, { method: 'POST', body: 'secret' }],
  ])('%s: a hop that leaves the origin is refused', async (_what, parts: object, init: object) => {
    const other = await serve(stream);
    const { origin, requests } = await redirect(302, `${other.origin}/here`);
    const { source, event } = await outcome(`${Object.assign(new URL(origin), parts)}`, {
      ...init,
      reconnect: true,
      fetch: addToken,
    });
    expect(event.error).toMatchObject({ code: 'redirect', status: 302 });
    expect(event.error?.message).toContain("pass redirect: 'follow'");
    expect(event.error?.message).not.toContain('secret');
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
    expect([requests.length, other.requests.length]).toEqual([1, 0]);
  });

  test('each call gets headers of its own: what it adds to one is not in the next', async () => {
    const { origin, requests } = await redirect(302, '/here');
    let calls = 0;
    const { event } = await outcome(origin, {
      headers: { 'X-Api-Key': 'k' },
      fetch: (url, init) => {
        init.headers.append('X-Trace', `${++calls}`);
        init.headers.append('Cookie', `sid=${calls}`);
        return fetch(url, init);
      },
    });
    expect(event.data).toBe('here');
    expect(requests.map(({ headers }) => [headers['x-trace'], headers.cookie])).toEqual([
      ['1', 'sid=1'],
      ['2', 'sid=2'],
    ]);
  });

  test('a cookie jar that follows by itself sends one cookie, the last', async () => {
    const { origin, requests } = await redirect(302, '/here');
    const jar: typeof fetch = async (url, init) => {
      const { headers } = init as { headers: Headers };
      headers.append('Cookie', `sid=${requests.length}`);
      const response = await fetch(url, { ...init, redirect: 'manual' });
      const location = response.headers.get('Location');
      return location ? jar(new URL(location, `${url}`), init) : response;
    };
    const { event } = await outcome(origin, { fetch: jar });
    expect(event.data).toBe('here');
    expect(requests.map(({ headers }) => headers.cookie)).toEqual(['sid=0', 'sid=1']);
  });

  test('headers: hops within the origin are followed, and it is called for each', async () => {
    const { origin, requests } = await redirect(302, '/here');
    const { event } = await outcome(origin, { headers: { 'X-Api-Key': 'k' }, fetch: addToken });
    expect(event.data).toBe('here');
    expect(requests.map(({ headers }) => headers['x-api-key'])).toEqual(['k', 'k']);
  });
});

test('the connect time-out covers the redirects', async () => {
  const { origin } = await serve((request, response) => {
    if (request.url === '/') response.writeHead(302, { Location: '/silent' }).end();
  });
  expect((await outcome(origin, { connectTimeout: 200 })).event.error?.code).toBe('connect-timeout');
});

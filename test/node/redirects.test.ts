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

/** An origin of its own, and what came to it. */
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

/** An origin that sends everything elsewhere, unless it is asked for `/here`. */
const redirect = (status: number, location?: string) =>
  serve((request, response) => {
    if (request.url === '/here') return stream(request, response);
    return response.writeHead(status, location === undefined ? {} : { Location: location }).end('moved');
  });

const SECRETS = { Authorization: 'Bearer secret', Cookie: 'a=b', 'X-API-Key': 'secret' };

/** What becomes of a source: the first message or the error. */
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
  test('is the origin of the events, also of a fetch whose responses do not say where they come from', async () => {
    const fetch = async (url: string) =>
      url === 'https://a.test/'
        ? new Response(null, { status: 302, headers: { Location: 'https://b.test/' } })
        : eventStream('data: here\n\n');
    const { event } = await outcome('https://a.test/', { fetch });
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

  test('what was dropped does not come back on the way home', async () => {
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

  test.each([307, 308])('a %i that would take a body there fails', async (status) => {
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

  test('a Request in the place of the options does no more, though it says `follow` of itself', async () => {
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

  test('a body that can be read once only is not sent twice', async () => {
    const { origin, requests } = await redirect(307, '/here');
    const { event } = await outcome(origin, {
      method: 'POST',
      body: () => new Blob(['text']).stream() as BodyInit,
    });
    expect(event.error).toMatchObject({ code: 'redirect', status: 307 });
    expect(requests).toHaveLength(1);
  });

  test('a Location of bytes beyond ASCII is UTF-8', async () => {
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
      const { source, event } = await outcome(origin, { reconnect: true });
      expect(event.error).toMatchObject({ code: 'redirect', status: 302 });
      expect(event.error?.message).not.toContain('pw');
      expect(source.readyState).toBe(FetchEventSource.CLOSED);
    },
  );

  test('from https: to http:', async () => {
    const urls: string[] = [];
    const { event } = await outcome('https://source.test/', {
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

test('an explicit redirect is for the platform', async () => {
  const { origin } = await redirect(302, '/here');
  expect((await outcome(origin, { redirect: 'manual' })).event.error).toMatchObject({ status: 302 });
  expect((await outcome(origin, { redirect: 'error' })).event.error).toMatchObject({ code: 'network' });
  expect((await outcome(origin, { redirect: 'follow' })).event.data).toBe('here');
});

test('in a browser, fetch follows', async () => {
  const inits: RequestInit[] = [];
  const fetch: typeof globalThis.fetch = async (_url, init = {}) => {
    inits.push(init);
    return new Response('data: here\n\n', { headers: { 'Content-Type': 'text/event-stream' } });
  };
  onTestFinished(() => void vi.unstubAllGlobals());
  for (const [userAgent, expected] of [
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', undefined],
    ['Mozilla/5.0 (linux) AppleWebKit/537.36 (KHTML, like Gecko) jsdom/29.1.1', 'manual'],
    ['Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) HappyDOM/21.0.4', 'manual'],
    ['Cloudflare-Workers', 'manual'],
    ['Node.js/22', 'manual'],
  ] as const) {
    vi.stubGlobal('navigator', { userAgent });
    await outcome('https://source.test/', { fetch });
    expect(inits.pop()?.redirect, userAgent).toBe(expected);
  }
});

test('the connect time-out covers the redirects', async () => {
  const { origin } = await serve((request, response) => {
    if (request.url === '/') response.writeHead(302, { Location: '/silent' }).end();
  });
  expect((await outcome(origin, { connectTimeout: 200 })).event.error?.code).toBe('connect-timeout');
});

import { describe, expect, test, vi } from 'vitest';
import {
  agent,
  answerLater,
  aWhile,
  collect,
  connect,
  EAGER,
  ending,
  expectQuiet,
  type Init,
  listenOk,
  next,
  until,
} from './harness.js';
import { type Behaviour, end, flood, head, hold, listen, listenTls, status } from './server.js';

const REDIRECTS = [301, 302, 303, 307, 308];
const SECRETS = { Authorization: 'Bearer secret', Cookie: 'session=secret', 'X-Api-Key': 'secret' };
const OK = hold(`${head()}data: a\n\n`);
const POST: Init = { method: 'POST', body: 'secret', headers: { ...SECRETS, 'Content-Type': 'text/plain' } };

const to = (location: string, code = 302): Behaviour =>
  hold(status(`${code} Elsewhere`, `Location: ${location}`, 'Content-Length: 0'));

const origin = (server: { url: string }) => server.url.slice(0, -1);

/** Checks that nothing private to the first origin is there. */
const expectNoSecret = (requests: readonly object[]) =>
  expect(JSON.stringify(requests)).not.toMatch(/secret|c2Vjc/);

describe('within an origin', () => {
  test.each(REDIRECTS)('%i is followed, and headers and ID go along', async (code) => {
    const server = await listen(to('/there', code), OK);
    const source = connect(server.url, { headers: SECRETS, lastEventId: '7' });
    const event = await next(source, 'message');
    expect(server.requests.map(({ target }) => target)).toEqual(['/', '/there']);
    expect(server.requests[1]?.headers).toMatchObject({
      accept: 'text/event-stream',
      authorization: 'Bearer secret',
      'last-event-id': '7',
      'x-api-key': 'secret',
    });
    expect([source.url, event.origin]).toEqual([server.url, origin(server)]);
  });

  test.each([307, 308])('%i repeats a POST with its body', async (code) => {
    const server = await listen(to('/there', code), OK);
    await next(connect(server.url, POST), 'message');
    expect(server.requests[1]).toMatchObject({ method: 'POST', target: '/there', body: 'secret' });
    expect(server.requests[1]?.headers).toMatchObject({
      'content-type': 'text/plain',
      'x-api-key': 'secret',
    });
  });

  test.each([301, 302, 303])('%i turns a POST into a GET without a body', async (code) => {
    const server = await listen(to('/there', code), OK);
    await next(connect(server.url, POST), 'message');
    expect(server.requests[1]).toMatchObject({ method: 'GET', target: '/there', body: '' });
    expect(server.requests[1]?.headers).not.toHaveProperty('content-type');
    expect(server.requests[1]?.headers).toHaveProperty('x-api-key');
  });

  test.each([
    ['d', '/a/d'],
    ['../e', '/e'],
    ['?f', '/a/b?f'],
    ['/g#fragment', '/g'],
    ['//127.0.0.1:PORT/h', '/h'],
    ['HTTP://127.0.0.1:PORT/i', '/i'],
    ['/✓', '/%E2%9C%93'],
  ])('Location: %s is resolved as a link is', async (location, target) => {
    const server = await listen((socket, request) =>
      request.target === '/a/b?c'
        ? to(location.replace('PORT', `${server.port}`))(socket, request)
        : OK(socket, request),
    );
    await next(connect(`${server.url}a/b?c`), 'message');
    expect(server.requests[1]?.target).toBe(target);
  });

  test('twenty hops are followed', async () => {
    const server = await listen(...Array(20).fill(to('/')), OK);
    await next(connect(server.url), 'message');
    expect(server.requests).toHaveLength(21);
  });

  test('a circle fails after twenty hops', async () => {
    const server = await listen(to('/'));
    const source = connect(server.url, EAGER);
    expect(await ending(source)).toMatchObject({ code: 'redirect', readyState: 2 });
    expect(server.requests).toHaveLength(21);
  });

  test.each(REDIRECTS)('after %i a new connection begins at the original URL', async (code) => {
    const server = await listen(to('/there', code), end(head(), 'data: a\n\n'), to('/elsewhere', code), OK);
    const source = connect(server.url, EAGER);
    await until(() => server.requests.length === 4);
    expect(server.requests.map(({ target }) => target)).toEqual(['/', '/there', '/', '/elsewhere']);
    source.close();
  });

  test('the headers function is asked once for all the hops of an attempt', async () => {
    const server = await listen(to('/b'), to('/c'), OK);
    const headers = vi.fn(() => ({ 'X-Api-Key': 'k' }));
    await next(connect(server.url, { headers }), 'message');
    expect(headers).toHaveBeenCalledTimes(1);
    expect(server.requests.map((request) => request.headers['x-api-key'])).toEqual(['k', 'k', 'k']);
  });

  test('401 behind a redirect asks for a new token and begins at the original URL', async () => {
    const server = await listen(
      to('/b'),
      hold(status('401 Unauthorized', 'Content-Length: 0')),
      to('/b'),
      OK,
    );
    let token = 0;
    const source = connect(server.url, { headers: () => ({ Authorization: `${++token}` }) });
    await next(source, 'message');
    expect(server.requests.map(({ target, headers }) => target + headers['authorization'])).toEqual([
      '/1',
      '/b1',
      '/2',
      '/b2',
    ]);
  });

  test('the body of a redirect is neither awaited nor held', async () => {
    const server = await listen(flood(status(302, 'Location: /b'), 'x'.repeat(1000)), OK);
    await next(connect(server.url), 'message');
    await until(() => server.open() === 1);
  });

  test('close() during redirects leaves nothing behind', async () => {
    const server = await listen((socket, request) => {
      to('/b')(socket, request);
      source.close();
    });
    const source = connect(server.url, EAGER);
    await until(() => server.requests.length === 1);
    await expectQuiet(source, server);
  });

  test('307 with a stream as the body, which is used up, fails', async () => {
    const server = await listen(to('/there', 307), OK);
    const body = () => new Blob(['secret']).stream();
    const source = connect(server.url, { ...EAGER, method: 'POST', body });
    expect(await ending(source)).toMatchObject({ code: 'redirect', readyState: 2 });
    expect(server.requests).toHaveLength(1);
  });

  test('a fetch that ignores its signal and answers with a redirect after close() is not called again', async () => {
    const { fetch, answer } = answerLater();
    const source = connect('http://127.0.0.1/', { headers: { 'X-Api-Key': 'k' }, fetch });
    await until(() => fetch.mock.calls.length);
    source.close();
    answer(new Response(null, { status: 302, headers: { Location: '/there' } }));
    await aWhile();
    expect(fetch).toHaveBeenCalledTimes(1);
  });
});

describe('to another origin', () => {
  test.each(REDIRECTS)('%i carries the ID and nothing else of the caller’s', async (code) => {
    const other = await listen(OK);
    const server = await listen(to(`${other.url}there`, code));
    const source = connect(server.url, { headers: SECRETS, lastEventId: '7' });
    const open = next<Event & { response: Response }>(source, 'open');
    const event = await next(source, 'message');
    expect(other.requests[0]).toMatchObject({ method: 'GET', target: '/there' });
    expect(other.requests[0]?.headers).toMatchObject({ accept: 'text/event-stream', 'last-event-id': '7' });
    expectNoSecret(other.requests);
    expect(event.origin).toBe(origin(other));
    expect(source.url).toBe(server.url);
    expect((await open).response.url).toBe(`${other.url}there`);
  });

  test('an ID from the stream is carried along as well', async () => {
    const other = await listen(end(head(), 'id: 8\ndata: a\n\n'), hold(head()));
    const server = await listen(to(other.url));
    connect(server.url, EAGER);
    await until(() => other.requests.length === 2);
    expect(other.requests[1]?.headers['last-event-id']).toBe('8');
  });

  test('another host name is another origin, where the password of the URL is not sent', async () => {
    const server = await listen((socket, request) =>
      (request.headers['host']?.startsWith('localhost') ? OK : to(`http://localhost:${server.port}/`))(
        socket,
        request,
      ),
    );
    await next(connect(server.url.replace('//', '//user:secret@'), { headers: SECRETS }), 'message');
    expectNoSecret(server.requests.slice(1));
  });

  test('a user and password in a Location are not shown', async () => {
    const other = await listen(OK);
    const server = await listen(to(other.url.replace('//', '//user:secret@')));
    const source = connect(server.url, { reconnect: false });
    const opened = next<Event & { response: Response }>(source, 'open').then(({ response }) => response.url);
    const failed = ending(source).then(({ error }) => `${error.stack} ${error.cause} ${error.response?.url}`);
    expect(await Promise.race([opened, failed])).not.toContain('secret');
  });

  test('headers given instead of options stay behind too', async () => {
    const other = await listen(OK);
    const server = await listen(to(other.url));
    await next(connect(server.url, SECRETS as Init), 'message');
    expect(server.requests[0]?.headers['x-api-key']).toBe('secret');
    expectNoSecret(other.requests);
  });

  test('what a headers function made stays behind too', async () => {
    const other = await listen(OK);
    const server = await listen(to(other.url));
    await next(connect(server.url, { headers: async () => SECRETS }), 'message');
    expectNoSecret(other.requests);
  });

  test('headers stay behind even if the redirects lead back to the first origin', async () => {
    const other = await listen((socket, request) => to(`${server.url}back`)(socket, request));
    const server = await listen(to(other.url), OK);
    await next(connect(server.url, { headers: SECRETS }), 'message');
    expectNoSecret(other.requests);
    expectNoSecret(server.requests.slice(1));
  });

  test.each([307, 308])('%i with a body fails, and the other origin gets no request', async (code) => {
    const other = await listen(OK);
    const server = await listen(to(other.url, code));
    const source = connect(server.url, { ...EAGER, ...POST });
    const { error, readyState, message } = await ending(source);
    expect({ code: error.code, readyState }).toEqual({ code: 'redirect', readyState: 2 });
    expect(message).not.toContain('secret');
    await aWhile();
    expect([server.requests.length, other.sockets.length]).toEqual([1, 0]);
  });

  test('302 with a PUT, which would stay one, fails', async () => {
    const other = await listen(OK);
    const server = await listen(to(other.url));
    const source = connect(server.url, { ...POST, method: 'PUT' });
    expect(await ending(source)).toMatchObject({ code: 'redirect', readyState: 2 });
    expect(other.sockets).toEqual([]);
  });

  test.each([301, 302, 303])('%i turns a POST into a GET without a body or headers', async (code) => {
    const other = await listen(OK);
    const server = await listen(to(other.url, code));
    await next(connect(server.url, POST), 'message');
    expect(other.requests[0]).toMatchObject({ method: 'GET', body: '' });
    expect(other.requests[0]?.headers).not.toHaveProperty('content-type');
    expectNoSecret(other.requests);
  });

  test('307 with a POST that has no body is followed', async () => {
    const other = await listen(OK);
    const server = await listen(to(other.url, 307));
    await next(connect(server.url, { method: 'POST', headers: SECRETS }), 'message');
    expect(other.requests[0]).toMatchObject({ method: 'POST', body: '' });
    expectNoSecret(other.requests);
  });

  test('from https to http fails, and the other server gets no request', async () => {
    const other = await listen(OK);
    const server = await listenTls(to(other.url));
    const dispatcher = agent({ connect: { rejectUnauthorized: false } });
    const source = connect(server.url, { ...EAGER, dispatcher });
    expect(await ending(source)).toMatchObject({ code: 'redirect', readyState: 2 });
    expect(other.sockets).toEqual([]);
  });

  test('from http to https is followed', async () => {
    const other = await listenTls(OK);
    const server = await listen(to(other.url));
    const dispatcher = agent({ connect: { rejectUnauthorized: false } });
    const event = await next(connect(server.url, { dispatcher, headers: SECRETS }), 'message');
    expect(event.origin).toBe(origin(other));
    expectNoSecret(other.requests);
  });

  test('if the server there is down, the attempt fails, and the next one begins at the original URL', async () => {
    const other = await listen(OK);
    await other.stop();
    const server = await listen(to(other.url), OK);
    const source = connect(server.url, EAGER);
    const message = next(source, 'message');
    expect(await ending(source)).toMatchObject({ code: 'network', readyState: 0 });
    expect((await message).origin).toBe(origin(server));
  });

  test('a page there that is not an event stream fails', async () => {
    const other = await listen(hold(status('200 OK', 'Content-Type: text/html')));
    const server = await listen(to(other.url));
    expect(await ending(connect(server.url, EAGER))).toMatchObject({ code: 'content-type', readyState: 2 });
  });

  test('with headers, the caller’s own fetch is not called for it', async () => {
    const other = await listen(OK);
    const server = await listen(to(other.url));
    const seen: [url: string, hasKey: boolean][] = [];
    const source = connect(server.url, {
      headers: SECRETS,
      fetch: (url, init) => {
        seen.push([String(url), new Headers(init?.headers).has('X-Api-Key')]);
        return fetch(url, init);
      },
    });
    expect(await ending(source)).toMatchObject({ code: 'redirect', readyState: 2 });
    expect(seen).toEqual([[server.url, true]]);
    expect(other.sockets).toEqual([]);
  });
});

describe('that cannot be followed', () => {
  test.each([
    'ftp://127.0.0.1/',
    'file:///etc/hostname',
    'data:text/event-stream,data:%20a%0A%0A',
    'javascript:alert(1)',
    'ws://127.0.0.1/',
    'about:blank',
    'mailto:a@example.org',
    'http://[',
    'http://',
    'http://a:99999/',
  ])('Location: %s fails, once', async (location) => {
    const server = await listen(to(location));
    const source = connect(server.url, EAGER);
    expect(await ending(source)).toMatchObject({ code: 'redirect', readyState: 2 });
    expect(server.requests).toHaveLength(1);
  });

  test.each(REDIRECTS)('%i without a Location is a status like any other', async (code) => {
    const server = await listen(hold(status(`${code} Elsewhere`, 'Content-Length: 0')));
    const source = connect(server.url, EAGER);
    expect(await ending(source)).toMatchObject({ code: 'http-status', status: code, readyState: 2 });
    expect(server.requests).toHaveLength(1);
  });

  test.each([300, 304, 305, 306])('%i, which is not a redirect, is not followed', async (code) => {
    const server = await listen(to('/b', code), OK);
    const source = connect(server.url);
    expect(await ending(source)).toMatchObject({ code: 'http-status', status: code, readyState: 2 });
    expect(server.requests).toHaveLength(1);
  });

  test('an empty Location ends in an error', async () => {
    const server = await listen(to(''));
    const { code, readyState } = await ending(connect(server.url));
    expect(code).toMatch(/^(redirect|http-status)$/);
    expect(readyState).toBe(2);
  });
});

describe('as the caller wants', () => {
  test('redirect: error follows nowhere', async () => {
    const server = await listen(to('/b'), OK);
    const source = connect(server.url, { redirect: 'error', reconnect: false });
    expect(await ending(source)).toMatchObject({ code: 'network', readyState: 2 });
    expect(server.requests).toHaveLength(1);
  });

  test('redirect: manual refuses it as a status', async () => {
    const server = await listen(to('/b'), OK);
    const source = connect(server.url, { redirect: 'manual' });
    expect(await ending(source)).toMatchObject({ code: 'http-status', readyState: 2 });
    expect(server.requests).toHaveLength(1);
  });

  test('redirect: follow leaves it to the platform, body and all', async () => {
    const other = await listenOk('data: a\n\n');
    const server = await listen(to(other.url, 307));
    const source = connect(server.url, { method: 'POST', body: 'x', redirect: 'follow' });
    const data = collect(source);
    await until(() => data.length === 1);
    expect(other.requests[0]).toMatchObject({ method: 'POST', body: 'x' });
  });
});

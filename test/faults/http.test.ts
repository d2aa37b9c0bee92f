import { expect, test } from 'vitest';
import { agent, collect, connect, EAGER, ending, next, until } from './harness.js';
import { type Behaviour, drip, end, flood, head, hold, listen, listenTls, resume, status } from './server.js';

const TYPE = 'Content-Type: text/event-stream';
const CHUNKED = 'Transfer-Encoding: chunked';
const EVENT = 'data: ä\n\n';

test.each<[what: string, behaviour: Behaviour]>([
  ['comes as HTTP/1.0', end(`HTTP/1.0 200 OK\r\n${TYPE}\r\n\r\n${EVENT}`)],
  ['has no reason phrase', hold(status('200', TYPE) + EVENT)],
  ['has a reason phrase of its own', hold(status('200 Nö; "whatever"', TYPE) + EVENT)],
  ['shouts its header names', hold(status('200 OK', TYPE.toUpperCase()) + EVENT)],
  ['has no space after the colon of a header', hold(status('200 OK', TYPE.replace(' ', '')) + EVENT)],
  ['follows 103 Early Hints', hold(status('103 Early Hints', 'Link: </a>'), head() + EVENT)],
  ['has a hundred other headers', hold(head(...Array(100).fill('X-Header: value')) + EVENT)],
  ['has a header of 8 KiB', hold(head(`X-Header: ${'x'.repeat(8192)}`) + EVENT)],
  ['closes the connection', end(head('Connection: close') + EVENT)],
  [
    'is chunked, with extensions and trailers',
    hold(head(CHUNKED), `a;x=y\r\n${EVENT}\r\n`, '0\r\nX-Last: 1\r\n\r\n'),
  ],
  [
    'is chunked, a byte each',
    hold(head(CHUNKED), ...[...Buffer.from(EVENT)].map((byte) => Buffer.of(0x31, 13, 10, byte, 13, 10))),
  ],
  ['has a content length', hold(head(`Content-Length: ${Buffer.byteLength(EVENT)}`) + EVENT)],
  ['calls itself Latin-1', hold(status('200 OK', `${TYPE}; charset=iso-8859-1`) + EVENT)],
  ['ends its lines with CR', hold(head() + EVENT.replaceAll('\n', '\r'))],
  ['begins with a byte order mark', hold(head(), `\ufeff${EVENT}`)],
  [
    'begins with a byte order mark in three pieces',
    hold(head(), Buffer.of(0xef), Buffer.of(0xbb), Buffer.of(0xbf), EVENT),
  ],
  [
    'arrives a byte a packet, head and all',
    drip(
      1,
      '',
      [...Buffer.from(head() + EVENT)].map((byte) => Buffer.of(byte)),
    ),
  ],
])('a response that %s is a stream like any other', async (_what, behaviour) => {
  const server = await listen(behaviour);
  expect((await next(connect(server.url, EAGER), 'message')).data).toBe('ä');
});

test.each<[what: string, behaviour: Behaviour]>([
  ['speaks SSH', hold('SSH-2.0-OpenSSH_9.2\r\n')],
  ['speaks HTTP/0.9', end('data: a\n\n')],
  ['speaks HTTP/2', hold(Buffer.from('000000040000000000', 'hex'))],
  ['speaks TLS', hold(Buffer.from('15030100020250', 'hex'))],
  ['sends noise', hold(Buffer.from(Array.from({ length: 256 }, (_, byte) => 255 - byte)))],
  ['says HTTP/9.9', hold(head().replace('1.1', '9.9'), EVENT)],
  ['has a status that is no number', hold(status('abc OK', TYPE), EVENT)],
  ['has an empty status', hold(status('', TYPE), EVENT)],
  ['has a negative status', hold(status('-200 OK', TYPE), EVENT)],
  ['has a header without a colon', hold(head('X-Header'), EVENT)],
  ['has a NUL in a header', hold(head('X-Header: a\0b'), EVENT)],
  ['has headers without end', flood('HTTP/1.1 200 OK\r\n', 'X-Header: value\r\n'.repeat(1000))],
  ['has one header without end', flood('HTTP/1.1 200 OK\r\nX-Header: ', 'x'.repeat(2 ** 14))],
  ['switches protocols', hold(status('101 Switching Protocols', 'Upgrade: x', 'Connection: upgrade'), EVENT)],
])('a server that %s is a failed attempt, and is asked again', async (_what, behaviour) => {
  const server = await listen(behaviour, resume('a'));
  const source = connect(server.url, EAGER);
  const data = collect(source);
  expect(await ending(source)).toMatchObject({ code: 'network', readyState: 0 });
  await until(() => data.length === 1 && server.sockets[0]?.destroyed);
});

test('two responses over one connection are two streams', async () => {
  const events = (...ids: number[]) => ids.map((id) => `id: ${id}\ndata: ${id}\n\n`).join('');
  const framed = (text: string) => head(`Content-Length: ${text.length}`) + text;
  const server = await listen(hold(framed(events(1, 2))), hold(framed(events(3))), hold(head()));
  const source = connect(server.url, EAGER);
  const data = collect(source);
  await until(() => server.requests.length === 3);
  expect(data).toEqual(['1', '2', '3']);
  expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2', '3']);
});

test('an accepted response without a body opens and ends', async () => {
  const server = await listen(hold(head('Content-Length: 0')));
  const source = connect(server.url, { reconnect: false });
  const opened = next(source, 'open');
  const end = ending(source);
  await opened;
  expect(await end).toMatchObject({ code: 'end-of-stream', readyState: 2 });
});

test('a response that comes before the request was read is a stream', async () => {
  const server = await listen({ accept: (socket) => socket.write(head() + EVENT) && socket.pause() });
  const source = connect(server.url, { method: 'POST', body: 'x'.repeat(2 ** 22) });
  expect((await next(source, 'message')).data).toBe('ä');
});

test('each stream loses its own byte order mark, and only one', async () => {
  const server = await listen(
    end(head(), '\ufeffid: 1\ndata: a\n\n'),
    end(head(), '\ufeffid: 2\ndata: b\n\n'),
    hold(head(), '\ufeff\ufeffid: 3\ndata: \ufeffc\n\n'),
  );
  const source = connect(server.url, EAGER);
  const data = collect(source);
  await until(() => data.length === 3);
  expect(data).toEqual(['a', 'b', '\ufeffc']);
  // The second mark makes its line an unknown field.
  expect(source.lastEventId).toBe('2');
});

test('bytes that are not UTF-8 become replacement characters, and the stream goes on', async () => {
  const bytes = [
    Buffer.from('data: a'),
    Buffer.of(0xff, 0xc3, 0x28, 0xed, 0xa0),
    Buffer.from('\n\ndata: b\n\n'),
  ];
  const server = await listen(hold(head(), ...bytes));
  const source = connect(server.url);
  const data = collect(source);
  await until(() => data.length === 2);
  expect(data).toEqual(['a\ufffd\ufffd(\ufffd\ufffd', 'b']);
});

test('an untrusted certificate is a failed attempt, with the reason', async () => {
  const server = await listenTls(resume('a'));
  const source = connect(server.url, EAGER);
  const { code, readyState, error } = await ending(source);
  expect({ code, readyState }).toEqual({ code: 'network', readyState: 0 });
  expect((error.cause as Error).cause).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(server.requests).toEqual([]);
});

test('a certificate that the caller’s dispatcher trusts is accepted', async () => {
  const server = await listenTls(resume('a'));
  const dispatcher = agent({ connect: { rejectUnauthorized: false } });
  expect((await next(connect(server.url, { dispatcher }), 'message')).data).toBe('a');
});

test('a plain server instead of a TLS one is a failed attempt', async () => {
  const server = await listen({ accept: (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') });
  const source = connect(server.url.replace('http', 'https'), EAGER);
  expect(await ending(source)).toMatchObject({ code: 'network', readyState: 0 });
});

test.each<[what: string, userinfo: string, expected: string]>([
  ['a user and a password', 'user:secret', 'user:secret'],
  ['a user alone', 'user', 'user:'],
  ['what is escaped in a URL', 'us%40er:s%C3%A4cret%25%F0%9F%8E%89', 'us@er:säcret%🎉'],
])('%s in the URL is sent as basic authentication, at every attempt', async (_what, userinfo, expected) => {
  const server = await listen(end(head(), 'data: a\n\n'), resume('b'));
  const url = server.url.replace('//', `//${userinfo}@`);
  const source = connect(url, EAGER);
  await until(() => server.requests.length === 2);
  for (const { headers } of server.requests) {
    const [scheme, value = ''] = (headers['authorization'] ?? '').split(' ');
    expect([scheme, Buffer.from(value, 'base64').toString()]).toEqual(['Basic', expected]);
  }
  expect(source.url).toBe(url);
});

test('the password of the URL is in no error', async () => {
  const server = await listen(hold(status('403 Forbidden', 'Content-Length: 0')), end('nonsense'));
  for (const init of [{}, { method: 'POST' }]) {
    const source = connect(server.url.replace('//', '//user:hunter2@'), init);
    const { error, message } = await ending(source);
    const shown = [message, error.stack, error.cause, error.response?.url, JSON.stringify(error)].map(String);
    expect(shown.join()).not.toMatch(/hunter2|dXNlcjpodW50ZXIy/);
  }
});

test('the caller’s Authorization wins over the password of the URL', async () => {
  const server = await listen(resume('a'));
  const source = connect(server.url.replace('//', '//user:secret@'), {
    headers: { Authorization: 'Bearer t' },
  });
  await next(source, 'message');
  expect(server.requests[0]?.headers['authorization']).toBe('Bearer t');
});

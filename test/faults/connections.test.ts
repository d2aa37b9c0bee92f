import dns from 'node:dns';
import { expect, onTestFinished, test, vi } from 'vitest';
import { collect, connect, EAGER, ending, next, until } from './harness.js';
import {
  type Behaviour,
  chunk,
  drip,
  end,
  head,
  hold,
  listen,
  type OnAccept,
  reset,
  resume,
} from './server.js';

const CHUNKED = head('Transfer-Encoding: chunked');
/** One event and a half. */
const BROKEN = 'id: 1\ndata: a\n\nid: 2\ndata: b';
/** Ends in the middle of a character. */
const CUT = Buffer.from('id: 1\ndata: a\n\nid: 2\ndata: 🎉').subarray(0, -2);
const length = (bytes: number | string) => head(`Content-Length: ${bytes}`);

test.each<[fault: string, behaviour: Behaviour | OnAccept, code: 'network' | 'end-of-stream']>([
  ['resets the connection on accepting it', { accept: (socket) => socket.resetAndDestroy() }, 'network'],
  ['closes the connection on accepting it', { accept: (socket) => socket.end() }, 'network'],
  ['resets before the headers', reset(), 'network'],
  ['closes before the headers', end(), 'network'],
  ['resets inside the status line', reset('HTTP/1.1 20'), 'network'],
  ['closes inside the status line', end('HTTP/1.1 20'), 'network'],
  ['resets inside the headers', reset(head().slice(0, -10)), 'network'],
  ['closes inside the headers', end(head().slice(0, -10)), 'network'],
  ['resets after the headers', reset(CHUNKED), 'network'],
  ['closes after the headers', end(head()), 'end-of-stream'],
  ['resets inside an event', reset(CHUNKED, chunk(BROKEN)), 'network'],
  // Node takes this for a body that ends with its connection.
  ['resets inside an event of a stream without framing', reset(head(), BROKEN), 'end-of-stream'],
  ['closes inside an event', end(head(), BROKEN), 'end-of-stream'],
  ['closes inside a character', end(head(), CUT), 'end-of-stream'],
  [
    'closes between CR and LF',
    end(head(), 'id: 1\r\ndata: a\r\n\r\nid: 2\r\ndata: b\r\n\r'),
    'end-of-stream',
  ],
  ['ends the chunks inside an event', hold(CHUNKED, chunk(BROKEN), '0\r\n\r\n'), 'end-of-stream'],
  ['closes without ending the chunks', end(CHUNKED, chunk(BROKEN)), 'network'],
  ['closes inside a chunk', end(CHUNKED, chunk('id: 1\ndata: a\n\n'), 'ff\r\nid: 2\nda'), 'network'],
  ['gives a chunk size that is no number', hold(CHUNKED, chunk(BROKEN), 'zz\r\n'), 'network'],
  ['gives a negative chunk size', hold(CHUNKED, chunk(BROKEN), '-5\r\ndata:'), 'network'],
  ['gives a chunk size beyond 64 bits', hold(CHUNKED, chunk(BROKEN), `${'f'.repeat(17)}\r\n`), 'network'],
  ['sends more than the chunk size says', hold(CHUNKED, chunk(BROKEN), '3\r\ntoo long\r\n'), 'network'],
  ['sends less than the content length says', end(length(1000), BROKEN), 'network'],
  ['sends more than the content length says', hold(length(16), BROKEN), 'end-of-stream'],
  ['gives a content length that is no number', hold(length('ten'), BROKEN), 'network'],
  ['gives two content lengths', hold(head('Content-Length: 15', 'Content-Length: 16'), BROKEN), 'network'],
])('a server that %s costs no event and repeats none', async (_fault, behaviour, code) => {
  const server = await listen(behaviour, resume('a', 'b', 'c'));
  const source = connect(server.url, EAGER);
  const data = collect(source);
  const first = await ending(source);
  expect(first).toMatchObject({ readyState: 0, code });
  await until(() => data.includes('c'));
  expect(data).toEqual(['a', 'b', 'c']);
  expect(source.lastEventId).toBe('3');
});

test('a server that was down at first is found once it is up', async () => {
  const server = await listen(resume('a'));
  await server.stop();
  const source = connect(server.url, EAGER);
  const data = collect(source);
  const { code, readyState, error } = await ending(source);
  expect({ code, readyState }).toEqual({ code: 'network', readyState: 0 });
  expect(String((error.cause as Error).cause)).toContain('ECONNREFUSED');
  await server.start();
  await until(() => data.length === 1);
});

test('a source gives up a server that never comes up after maxFailures', async () => {
  const server = await listen(resume());
  await server.stop();
  const codes: string[] = [];
  const source = connect(server.url, { reconnect: { reconnectionTime: 1, maxBackoff: 1, maxFailures: 4 } });
  source.onerror = ({ error }) => void codes.push(`${error?.code}:${source.readyState}`);
  await until(() => source.readyState === 2);
  expect(codes).toEqual(['network:0', 'network:0', 'network:0', 'network:2']);
});

test('a server that accepts and drops everybody is not hammered', async () => {
  const server = await listen(end(head()));
  const waits: number[] = [];
  const source = connect(server.url, { reconnect: { reconnectionTime: 1, maxBackoff: 400 } });
  source.onerror = ({ reconnectIn = 0 }) => void waits.push(reconnectIn);
  await until(() => waits.length === 3);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(200);
});

test('a name that does not resolve is tried again', async () => {
  const server = await listen(resume('a'));
  const lookup = vi.spyOn(dns, 'lookup');
  onTestFinished(() => lookup.mockRestore());
  const unresolved = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  lookup.mockImplementationOnce(((_name: string, _options: object, callback: (error: Error) => void) =>
    callback(unresolved)) as unknown as typeof dns.lookup);
  lookup.mockImplementation(((_name: string, { all }: dns.LookupOptions, callback: CallableFunction) =>
    all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4)) as never);
  const source = connect(`http://events.invalid:${server.port}/`, EAGER);
  const data = collect(source);
  expect(await ending(source)).toMatchObject({ code: 'network', readyState: 0 });
  await until(() => data.length === 1);
});

test.each<[when: string, behaviour: Behaviour, cause: string]>([
  ['before the response', reset(), 'network'],
  ['inside the stream', reset(CHUNKED, chunk(BROKEN)), 'network'],
])(
  'a POST that breaks %s is not repeated, and the error says how to allow it',
  async (_when, behaviour, code) => {
    const server = await listen(behaviour, resume('a'));
    const source = connect(server.url, { method: 'POST', body: 'order one' });
    const { error, readyState } = await ending(source);
    expect({ code: error.code, readyState }).toEqual({ code: 'not-resumable', readyState: 2 });
    expect(error.cause).toMatchObject({ code });
    expect(error.message).toMatch(/reconnect: true/);
    expect(server.requests).toHaveLength(1);
  },
);

test('a POST that breaks is sent again with its body if the caller asked for it', async () => {
  const server = await listen(reset(CHUNKED, chunk(BROKEN)), resume('a', 'b'));
  const source = connect(server.url, { ...EAGER, method: 'POST', body: 'what happened?' });
  const data = collect(source);
  await until(() => data.includes('b'));
  expect(data).toEqual(['a', 'b']);
  expect(server.requests.map(({ method, body }) => [method, body])).toEqual(
    Array(2).fill(['POST', 'what happened?']),
  );
});

test('if connecting again is not allowed, a break fails with its own cause', async () => {
  const server = await listen(reset(CHUNKED, chunk(BROKEN)));
  const source = connect(server.url, { reconnect: false });
  expect(await ending(source)).toMatchObject({ code: 'network', readyState: 2, reconnectIn: undefined });
});

test('without options, a break is announced and the default time passes', async () => {
  const server = await listen(reset(CHUNKED, chunk(BROKEN)));
  const source = connect(server.url);
  const { code, readyState, reconnectIn } = await ending(source);
  expect({ code, readyState }).toEqual({ code: 'network', readyState: 0 });
  expect(reconnectIn).toBeGreaterThanOrEqual(3000);
});

test('a slow drip of one byte per packet is put together', async () => {
  const text = Buffer.from(`${head()}id: ä\r\ndata: 🎉\r\ndata: b\r\n\r\n`);
  const server = await listen(
    drip(
      1,
      '',
      [...text].map((byte) => Buffer.of(byte)),
    ),
  );
  const event = await next(connect(server.url), 'message');
  expect([event.data, event.lastEventId]).toEqual(['🎉\nb', 'ä']);
});

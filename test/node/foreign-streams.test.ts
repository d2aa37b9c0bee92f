import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { type EventSourceErrorEvent, FetchEventSource } from '../../src/index.js';
import { parseEventStream } from '../../src/stream.js';
import { connect, next } from '../scripted.js';

const URL_STRING = 'http://source.test/feed';
const REMEDY = 'pass Readable.toWeb(stream)';
const headers = new Headers({ 'Content-Type': 'text/event-stream' });
const stream = () => Readable.from(['data: a\n\n']);

/** What answers with a stream of Node's, and how. */
const RESPONSES: Record<string, () => object> = {
  'as its body, as that of node-fetch': () => ({ status: 200, headers, url: URL_STRING, body: stream() }),
  'as its data, as that of axios': () => ({ status: 200, headers, data: stream() }),
};

test.each(Object.entries(RESPONSES))(
  'a response that has a stream %s is refused with the remedy',
  async (_kind, create) => {
    const fetch = async () => create() as Response;
    const source = connect(URL_STRING, { fetch, reconnect: true });
    const { error, message } = await next<EventSourceErrorEvent>(source, 'error');
    const expected = 'Expected 200 text/event-stream, got 200 text/event-stream';
    expect([error?.code, source.readyState]).toEqual(['no-body', FetchEventSource.CLOSED]);
    expect(message).toBe(`${expected} from ${URL_STRING} without a stream; ${REMEDY}`);
    expect(() => parseEventStream(create() as Response)).toThrow(`without a stream; ${REMEDY}`);
  },
);

test('what is no Response of the web is refused by parseEventStream with the remedy', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('data: a\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const incoming = await new Promise<IncomingMessage>((resolve) => get(`http://127.0.0.1:${port}`, resolve));
  const fromUndici = { statusCode: 200, headers: { 'content-type': 'text/event-stream' }, body: stream() };
  for (const input of [incoming, stream(), fromUndici]) {
    const parse = () => parseEventStream(input as never);
    expect(parse).toThrow(new TypeError(`Expected a Response (await it) or a web stream; ${REMEDY}`));
  }
  incoming.resume();
});

test('a stream of Node’s is refused by fromReadableStream with the remedy', () => {
  const create = () => FetchEventSource.fromReadableStream(stream() as never);
  expect(create).toThrow(new TypeError(`stream: got [object Object]; ${REMEDY}`));
});

test('the remedy works', async () => {
  const bytes = Readable.toWeb(Readable.from([Buffer.from('data: a\n\n')], { objectMode: false }));
  const source = FetchEventSource.fromReadableStream(bytes as ReadableStream<Uint8Array>);
  onTestFinished(() => source.close());
  expect((await next(source, 'message')).data).toBe('a');
});

test.each([6000, 6667, 10_080])('the port %i, which fetch blocks, is not tried again', async (port) => {
  const source = connect(`http://127.0.0.1:${port}/`, { reconnect: true });
  const { error, message } = await next<EventSourceErrorEvent>(source, 'error');
  expect(message).toBe('Connection failed (blocked port)');
  expect([error?.code, source.readyState]).toEqual(['network', FetchEventSource.CLOSED]);
});

test('a port where nobody listens is tried again', async () => {
  const source = connect('http://127.0.0.1:59999/');
  const { reconnectIn } = await next<EventSourceErrorEvent>(source, 'error');
  expect(reconnectIn).toBeGreaterThan(0);
});

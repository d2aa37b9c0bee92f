import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { FetchEventSource } from '../../src/index.js';
import { connect, next, record } from '../scripted.js';

/** A server that handles each connection with the next of these, and repeats the last. */
async function listen(...behaviours: ((socket: Socket, request: string) => void)[]) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const behave = behaviours[Math.min(sockets.length, behaviours.length - 1)];
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', (data) => behave?.(socket, data.toString('latin1')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, sockets };
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n';

test('rule 11: after a reset in the middle of an event, the source resumes after the last complete one', async () => {
  const requests: string[] = [];
  const { url } = await listen(
    (socket) => {
      socket.write(`${HEAD}id: 1\ndata: a\n\nid: 2\ndata: b`, () =>
        setTimeout(() => socket.resetAndDestroy()),
      );
    },
    (socket, request) => {
      requests.push(request);
      socket.write(`${HEAD}id: 2\ndata: b\n\n`);
    },
  );
  const source = connect(url, { reconnect: { reconnectionTime: 1 } });
  const log = record(source);
  await next(source, 'message', (event) => event.data === 'b');
  expect(log).toEqual(['open:1', 'message:a', 'error:0', 'open:1', 'message:b']);
  expect(requests[0]).toMatch(/^last-event-id: 1\r$/im);
});

test('rule 41: close() frees the socket', async () => {
  const { url, sockets } = await listen((socket) => void socket.write(`${HEAD}data: a\n\n`));
  const source = connect(url);
  await next(source, 'message');
  const [socket] = sockets;
  // With or without a reset.
  const closed = new Promise((resolve) => socket?.on('close', resolve));
  source.close();
  await closed;
});

test('T23: a refused response does not hold its socket', async () => {
  const { url, sockets } = await listen((socket) => {
    // A body that never ends.
    socket.write('HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno.\r\n');
  });
  const source = connect(url);
  await next(source, 'error');
  await expect.poll(() => sockets[0]?.destroyed || sockets[0]?.readyState).not.toBe('open');
});

test('T13: an id beyond Latin-1 comes back to the server as the same bytes', async () => {
  const requests: string[] = [];
  const { url } = await listen(
    (socket) => void socket.end(`${HEAD}id: 日本🎉\ndata: a\n\n`),
    (socket, request) => {
      requests.push(Buffer.from(request, 'latin1').toString('utf8'));
      socket.write(`${HEAD}data: b\n\n`);
    },
  );
  const source = connect(url, { reconnect: { reconnectionTime: 1 } });
  await next(source, 'message', (event) => event.data === 'b');
  expect(requests[0]).toMatch(/^last-event-id: 日本🎉\r$/im);
});

test('rule 54: the request says Cache-Control: no-cache and Accept: text/event-stream', async () => {
  const requests: string[] = [];
  const { url } = await listen((socket, request) => {
    requests.push(request);
    socket.write(`${HEAD}data: a\n\n`);
  });
  await next(connect(url), 'message');
  expect(requests[0]).toMatch(/^cache-control: no-cache\r$/im);
  expect(requests[0]).toMatch(/^accept: text\/event-stream\r$/im);
});

test('rule 36: does not connect again before the server’s retry has passed', async () => {
  const times: number[] = [];
  const { url } = await listen((socket) => {
    times.push(performance.now());
    socket.end(`${HEAD}retry: 300\ndata: a\n\n`);
  });
  const source = connect(url);
  await expect.poll(() => times.length).toBeGreaterThan(2);
  source.close();
  const waits = times.slice(1).map((time, index) => time - (times[index] as number));
  for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(300);
});

test('what a source in Node has left open does not hang when the server goes away', async () => {
  const { url, sockets } = await listen((socket) => void socket.write(`${HEAD}data: a\n\n`));
  const source = connect(url, { reconnect: false });
  await next(source, 'message');
  const error = next(source, 'error');
  sockets[0]?.destroy();
  await error;
  expect(source.readyState).toBe(FetchEventSource.CLOSED);
});

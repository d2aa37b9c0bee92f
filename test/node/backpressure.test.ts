import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { FetchEventSource } from '../../src/index.js';

const EVENT = 1024;

/** What the server has for every client: a gigabyte. */
const TOTAL = 2 ** 30;

const eventOf = (id: number) => `id: ${id}\ndata: ${'x'.repeat(EVENT)}\n\n`;

/** A server that writes as fast as it can, many events to an HTTP chunk, and counts what the network has taken. */
async function startFastServer(eventsInChunk = 64) {
  let written = 0;
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    let id = 0;
    const write = (): void => {
      while (written < TOTAL && response.writable) {
        const batch = Array.from({ length: eventsInChunk }, () => eventOf(++id)).join('');
        written += batch.length;
        if (!response.write(batch)) return void (response as ServerResponse).once('drain', write);
      }
    };
    write();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, written: () => written };
}

/** Resolves when the number has not changed for many turns of the event loop. */
async function settled(read: () => number): Promise<number> {
  for (let calm = 0, last = read(); ; last = read()) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    calm = read() === last ? calm + 1 : 0;
    if (calm === 100) return last;
  }
}

test('a loop that takes nothing stalls the server, and when it goes on it gets everything in order', async () => {
  const { url, written } = await startFastServer();
  const source = new FetchEventSource(url);
  onTestFinished(() => source.close());
  const iterator = source[Symbol.asyncIterator]();
  await iterator.next();
  const stalled = await settled(written);
  // Buffers of the system and of fetch hold some megabytes. Without backpressure it would be everything.
  expect(stalled).toBeLessThan(TOTAL / 16);
  for (let id = 2; id <= 20_000; id++) {
    const { value } = await iterator.next();
    if (value.lastEventId !== `${id}`) expect(value.lastEventId).toBe(`${id}`);
  }
  expect(written()).toBeGreaterThan(stalled);
});

test('the backlog of a slow loop does not grow', async () => {
  const { url, written } = await startFastServer(1);
  const source = new FetchEventSource(url);
  onTestFinished(() => source.close());
  const lags: number[] = [];
  let taken = 0;
  for await (const _ of source) {
    // After the first time, the buffers of the system and the runtime have grown to their full size.
    if (++taken % 12_000 === 0) lags.push(written() - taken * eventOf(taken).length);
    if (taken === 24_000) break;
    // Slower than the network.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [first = 0, second = 0] = lags;
  // A third of what it reads meanwhile. With Node 20's own limit it would be more than that, all of it in the heap.
  expect(second - first).toBeLessThan((12_000 * EVENT) / 3);
});

test('a slow loop keeps little in memory, however much the server has', async () => {
  const { url } = await startFastServer(1);
  const source = new FetchEventSource(url);
  onTestFinished(() => source.close());
  const before = process.memoryUsage().rss;
  let most = 0;
  let taken = 0;
  for await (const { lastEventId } of source) {
    if (lastEventId !== `${++taken}`) expect(lastEventId).toBe(`${taken}`);
    most = Math.max(most, process.memoryUsage().rss - before);
    if (taken === 1000) break;
    // As if each took a millisecond, without blocking the event loop.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(most).toBeLessThan(100 * 2 ** 20);
});

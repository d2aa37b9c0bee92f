import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { collect, connect, EAGER, ending, until } from './harness.js';
import { drip, end, head, hold, listen, resume } from './server.js';

const EVENTS = ['id: 1\ndata: a\n\n', 'id: 2\ndata: 🎉\n\n', 'id: 3\ndata: c\n\n'];

/** Compresses each text and flushes after it. */
async function compress(compressor: Transform & { flush(done: () => void): void }, texts: string[]) {
  const pieces: Buffer[] = [];
  for (const text of texts) {
    compressor.write(text);
    await new Promise<void>((done) => compressor.flush(done));
    pieces.push(compressor.read());
  }
  return pieces;
}

const encodings: [name: string, header: string, create: () => Parameters<typeof compress>[0]][] = [
  ['gzip', 'gzip', zlib.createGzip],
  ['x-gzip', 'x-gzip', zlib.createGzip],
  ['deflate', 'deflate', zlib.createDeflate],
  ['deflate without its header', 'deflate', zlib.createDeflateRaw],
  ['br', 'br', zlib.createBrotliCompress],
];

test.each(encodings)('%s is read, event by event', async (_name, header, create) => {
  const pieces = await compress(create(), EVENTS);
  const server = await listen(hold(head(`Content-Encoding: ${header}`)));
  const source = connect(server.url, EAGER);
  const data = collect(source);
  for (const [index, piece] of pieces.entries()) {
    await until(() => server.requests.length === 1 && source.readyState === 1);
    server.sockets[0]?.write(piece);
    await until(() => data.length === index + 1);
  }
  expect(data).toEqual(['a', '🎉', 'c']);
});

test.each(encodings)('%s is read, one byte per packet', async (_name, header, create) => {
  const bytes = [...Buffer.concat(await compress(create(), EVENTS))].map((byte) => Buffer.of(byte));
  const server = await listen(drip(1, head(`Content-Encoding: ${header}`), bytes));
  const data = collect(connect(server.url, EAGER));
  await until(() => data.length === 3);
  expect(data).toEqual(['a', '🎉', 'c']);
});

test.each(encodings)('no event is lost when %s is cut', async (_name, header, create) => {
  const pieces = await compress(create(), EVENTS);
  const half = pieces[1]?.subarray(0, 5) ?? '';
  const server = await listen(
    end(head(`Content-Encoding: ${header}`), pieces[0] ?? '', half),
    resume('a', 'b'),
  );
  const source = connect(server.url, EAGER);
  const data = collect(source);
  const { code, readyState } = await ending(source);
  // Node takes the part that has arrived for the whole.
  expect(code).toMatch(/^(network|end-of-stream)$/);
  expect(readyState).toBe(0);
  await until(() => data.includes('b'));
  expect(data).toEqual(['a', 'b']);
});

test.each(encodings)('%s that turns into noise counts as a broken stream', async (_name, header, create) => {
  const [first = ''] = await compress(create(), EVENTS);
  const noise = Buffer.alloc(100, 0xff);
  const server = await listen(hold(head(`Content-Encoding: ${header}`), first, noise), resume('a', 'b'));
  const source = connect(server.url, EAGER);
  const data = collect(source);
  expect(await ending(source)).toMatchObject({ code: 'network', readyState: 0 });
  await until(() => data.includes('b') && server.sockets[0]?.destroyed);
  expect(data).toEqual(['a', 'b']);
});

test.each(['gzip', 'br', 'deflate'])('plain text that claims to be %s is a broken stream', async (header) => {
  const server = await listen(
    hold(head(`Content-Encoding: ${header}`), 'data: x\n\n'.repeat(20)),
    resume('a'),
  );
  const source = connect(server.url, EAGER);
  const data = collect(source);
  expect(await ending(source)).toMatchObject({ code: 'network', readyState: 0 });
  await until(() => data.includes('a'));
  expect(data).toEqual(['a']);
});

test('gzip inside br is read', async () => {
  const inner = Buffer.concat(await compress(zlib.createGzip(), EVENTS));
  const outer = await compress(zlib.createBrotliCompress(), [inner as unknown as string]);
  const server = await listen(hold(head('Content-Encoding: gzip, br'), ...outer));
  const data = collect(connect(server.url, EAGER));
  await until(() => data.length === 3);
});

test.each(['identity', ''])('the encoding %j means none', async (header) => {
  const server = await listen(hold(head(`Content-Encoding: ${header}`), ...EVENTS));
  const data = collect(connect(server.url, EAGER));
  await until(() => data.length === 3);
});

/** A chunk of the transfer encoding, and the last one. */
const chunked = (piece: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

describe('a corrupt stream that ends cleanly is a break', () => {
  const garbage = Buffer.alloc(40, 0xff);

  // Node 20's own `fetch` never ends such a body, and says nothing.
  test.each<[string, (good: Buffer) => Buffer[]]>([
    ['from the start', () => [Buffer.concat([chunked(garbage), LAST_CHUNK])]],
    ['after an event', (good) => [chunked(good), Buffer.concat([chunked(garbage), LAST_CHUNK])]],
    ['in the packet of an event', (good) => [Buffer.concat([chunked(good), chunked(garbage), LAST_CHUNK])]],
  ])('that idleTimeout finds if fetch does not: %s', async (_where, toPieces) => {
    const [good = garbage] = await compress(zlib.createGzip(), ['id: 1\ndata: a\n\n']);
    const heading = head('Content-Encoding: gzip', 'Transfer-Encoding: chunked');
    const server = await listen(hold(heading, ...toPieces(good)), resume('a', 'b'));
    const source = connect(server.url, { ...EAGER, idleTimeout: 200 });
    const data = collect(source);
    const { code, readyState } = await ending(source);
    expect(['network', 'idle-timeout']).toContain(code);
    expect(readyState).toBe(0);
    await until(() => data.includes('b'));
    expect(data).toEqual(['a', 'b']);
  });
});

import { constants, createGzip } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { collect, connect, EAGER, ending, expectQuiet, runChild, until } from './harness.js';
import { type Behaviour, flood, head, hold, listen, pour } from './server.js';

const MIB = 2 ** 20;
const LIMIT = MIB;
const X = 'x'.repeat(2 ** 16);

/** The most memory that a process may use, in MiB. */
const budget = (limit: number) => (3 * limit) / MIB + 100;

interface Consumed {
  code?: string;
  events: number;
  longest: number;
  readyState: number;
  peak: number;
}

const many = (line: string) => line.repeat(Math.ceil(2 ** 16 / line.length));

/** The text as gzip that can be repeated in a stream, without its header and trailer. */
async function gzipped(start: string, block: string): Promise<Buffer[]> {
  const gzip = createGzip();
  const pieces: Buffer[] = [];
  for (const text of [start, block, block]) {
    gzip.write(text);
    await new Promise<void>((done) => gzip.flush(constants.Z_FULL_FLUSH, done));
    pieces.push(gzip.read());
  }
  return [pieces[0] as Buffer, pieces[2] as Buffer];
}

/** A megabyte in about a kilobyte. */
const bomb = async (start: string, block: string): Promise<Behaviour> => {
  const [first = '', repeated = ''] = await gzipped(start, block.repeat(MIB / block.length));
  return flood(Buffer.concat([Buffer.from(head('Content-Encoding: gzip')), Buffer.from(first)]), repeated);
};

describe('maxEventSize', () => {
  test.each<[what: string, start: string, block: string]>([
    ['a data line', 'data: ', X],
    ['a data line of other characters', 'data: ', '日'.repeat(10_000)],
    ['data lines', '', many(`data: ${'x'.repeat(100)}\n`)],
    ['empty data lines', '', many('data:\n')],
    ['data lines without a colon', '', many('data\r')],
    ['an id', 'id: ', X],
    ['ids', '', many('id: 1\n')],
    ['an event type', 'event: ', X],
    ['event types', '', many('event: a\r\n')],
    ['a retry', 'retry: ', '1'.repeat(2 ** 16)],
    ['retries', '', many('retry: 1\n')],
    ['a comment', ':', X],
    ['an unknown field', 'x', X],
    ['an unknown field with a value', 'x: ', X],
    ['a name that begins like a known one', 'dat', 'a'.repeat(2 ** 16)],
    ['spaces', '', ' '.repeat(2 ** 16)],
    ['NULs', '', '\0'.repeat(2 ** 16)],
    ['bytes that are no UTF-8', '', Buffer.alloc(2 ** 16, 0xff) as unknown as string],
  ])('%s without end: fails with event-too-large, in bounded memory', async (_what, start, block) => {
    const server = await listen(flood(`${head()}data: a\n\n${start}`, block));
    const result = await runChild<Consumed>('consume', server.url, { ...EAGER, maxEventSize: LIMIT });
    expect(result).toMatchObject({ code: 'event-too-large', readyState: 2, events: 1, longest: 1 });
    expect(result.peak).toBeLessThan(budget(LIMIT));
    expect(server.requests).toHaveLength(1);
  });

  test('a gzip bomb: fails with event-too-large, in bounded memory', async () => {
    const server = await listen(await bomb('data: ', 'x'));
    const result = await runChild<Consumed>('consume', server.url, { ...EAGER, maxEventSize: LIMIT });
    expect(result).toMatchObject({ code: 'event-too-large', readyState: 2 });
    expect(result.peak).toBeLessThan(budget(LIMIT));
  });

  test.each<[what: string, behaviour: () => Behaviour | Promise<Behaviour>]>([
    ['a data line', () => flood(`${head()}data: `, X)],
    ['data lines', () => flood(head(), many(`data: ${'x'.repeat(100)}\n`))],
    ['empty data lines', () => flood(head(), many('data:\n'))],
    ['a gzip bomb', () => bomb('data: ', 'x')],
  ])('%s without end and no limit set: fails at 128 MiB, in bounded memory', async (_what, behaviour) => {
    const server = await listen(await behaviour());
    const result = await runChild<Consumed>('consume', server.url, {});
    expect(result).toMatchObject({ code: 'event-too-large', readyState: 2 });
    expect(result.peak).toBeLessThan(budget(128 * MIB));
  });

  test('an event of 120 MiB is below the limit, and is delivered in bounded memory', async () => {
    const line = `data: ${'x'.repeat(1017)}\n`;
    const server = await listen(pour(head(), line.repeat(64), 120 * 16, '\ndata: end\n\n'));
    const result = await runChild<Consumed>('consume', server.url, {});
    expect(result).toMatchObject({ events: 1, longest: 120 * 1024 * 1018 - 1 });
    expect(result.peak).toBeLessThan(budget(128 * MIB));
  });

  const x = (count: number) => 'x'.repeat(count);
  test.each<[what: string, text: string]>([
    ['one line', `data: ${x(900)}\n\n`],
    ['several lines', `id: ${x(300)}\nevent: message\ndata: ${x(300)}\ndata: ${x(300)}\n\n`],
    ['comments between', `data: ${x(400)}\n${`:${x(500)}\n`.repeat(10)}: \ndata: ${x(400)}\n\n`],
    [
      'unknown fields between',
      `data: ${x(400)}\n${`${x(500)}\ndatas: ${x(500)}\n`.repeat(10)}data: ${x(400)}\n\n`,
    ],
    ['events before', `data: ${x(600)}\n\n`.repeat(10)],
    ['blocks without data before', `id: ${x(600)}\n\n`.repeat(10).concat('data: a\n\n')],
  ])('an event below it passes, with %s', async (_what, text) => {
    for (const pieces of [[text], text.match(/[\s\S]{1,100}/g) ?? []]) {
      const server = await listen(hold(head(), ...pieces, 'data: end\n\n'));
      const source = connect(server.url, { maxEventSize: 1000 });
      const data = collect(source);
      await until(() => data.includes('end') || source.readyState === 2);
      expect(source.readyState).toBe(1);
      expect(data.length).toBeGreaterThan(1);
    }
  });

  test.each<[what: string, text: string]>([
    ['in one line', `data: ${x(1100)}\n\n`],
    ['in several lines', `id: ${x(400)}\nevent: ${x(400)}\ndata: ${x(400)}\n\n`],
    ['in empty lines', `${'data:\n'.repeat(1100)}\n`],
    ['of wide characters', `data: ${'é'.repeat(1100)}\n\n`],
    ['without a blank line', `data: ${x(1100)}`],
  ])('an event over it fails, %s, however it is cut', async (_what, text) => {
    for (const pieces of [[text], text.match(/[\s\S]{1,100}/g) ?? []]) {
      const server = await listen(hold(head(), 'id: 1\ndata: a\n\n', ...pieces));
      const source = connect(server.url, { ...EAGER, maxEventSize: 1000 });
      const data = collect(source);
      const { code, readyState, message } = await ending(source);
      expect({ code, readyState }).toEqual({ code: 'event-too-large', readyState: 2 });
      expect(message).toMatch(/maxEventSize/);
      expect([data, source.lastEventId]).toEqual([['a'], '1']);
      await expectQuiet(source, server);
      expect(server.requests).toHaveLength(1);
    }
  });
});

test.each<[what: string, start: string, block: string]>([
  ['comments', '', many(': x\n')],
  ['empty comments', '', many(':\r')],
  ['unknown fields', '', many('field: value\n')],
  ['blank lines', '', many('\n')],
  ['blank lines of CR', '', many('\r')],
])('%s of 32 MB: skipped, in constant memory', async (_what, start, block) => {
  const server = await listen(pour(head() + start, block, 512, '\n\ndata: end\n\n'));
  const result = await runChild<Consumed>('consume', server.url, { reconnect: false, maxEventSize: 4 * MIB });
  expect(result).not.toHaveProperty('code');
  expect(result.peak).toBeLessThan(budget(4 * MIB));
});

test('events of 32 MB in all: delivered, in constant memory', async () => {
  const event = `data: ${'x'.repeat(1016)}\n\n`;
  const server = await listen(pour(head(), event.repeat(64), 512, 'data: end\n\n'));
  const result = await runChild<Consumed>('consume', server.url, { reconnect: false, maxEventSize: 4 * MIB });
  expect(result).toMatchObject({ events: 2 ** 15, longest: 1016 });
  expect(result.peak).toBeLessThan(budget(4 * MIB));
});

test('an endless comment that somebody wants to read takes bounded memory', async () => {
  const server = await listen(pour(`${head()}:`, X, 512, '\n\ndata: end\n\n'));
  const result = await runChild<Consumed>(
    'consume',
    server.url,
    { reconnect: false, maxEventSize: 4 * MIB },
    true,
  );
  expect([undefined, 'event-too-large']).toContain(result.code);
  expect(result.peak).toBeLessThan(budget(4 * MIB));
});

interface Burst {
  events: number;
  inOrder: boolean;
  stall: number;
}

describe('a million events in one chunk', () => {
  test('are dispatched in order, and the rest of the program never waits 100 ms', async () => {
    const { events, inOrder, stall } = await runChild<Burst>('burst', 1e6);
    expect({ events, inOrder }).toEqual({ events: 1e6, inOrder: true });
    expect(stall).toBeLessThan(100);
  });

  test('stop at the one that closes the source', async () => {
    expect((await runChild<Burst>('burst', 1e6, 'in its listener', 1234)).events).toBe(1234);
  });

  test('stop when a timer closes the source', async () => {
    const { events } = await runChild<Burst>('burst', 1e6, 'by a timer', 1);
    expect(events).toBeLessThan(5e5);
  });
});

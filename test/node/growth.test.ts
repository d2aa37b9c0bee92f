import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { EventStreamInterpreter } from '../../src/event-stream.js';
import type { FetchEventSource } from '../../src/index.js';
import type { Source } from '../../src/options.js';
import { encodeLastEventId } from '../../src/request.js';
import { connect, eventStream, next } from '../scripted.js';

/** The payload of a TCP segment on Ethernet: a common size of a chunk, and no divisor of anything here. */
const PIECE = 1_460;

/**
 * A linear interpreter is as fast with one long stream as with sixteen that are as long together; a quadratic one takes
 * sixteen times as long. The bound lies midway: four times the one, a quarter of the other. The linear one was seen to
 * need 2.2 times as long on a busy machine (median), for with a long stream the garbage collector has more to keep.
 */
const TIMES = 16;
const SHORT = 2 ** 18;
const LONG = TIMES * SHORT;
const BOUND = Math.sqrt(TIMES);

const encoder = new TextEncoder();

/** A block of so many characters: `unit` over and over between the start and the end. */
function block(size: number, start: string, unit: string, end: string): Uint8Array {
  return encoder.encode(start + unit.repeat((size - start.length - end.length) / unit.length) + end);
}

/**
 * In milliseconds, including the reading of the text, which an interpreter might have put off. Gives up at the limit,
 * or a quadratic interpreter would keep the suite waiting for minutes.
 */
function timeToInterpret(stream: Uint8Array, limit: number = Number.POSITIVE_INFINITY): number {
  let read = 0;
  const interpreter = new EventStreamInterpreter(
    { reconnectionTime: 0, maxEventSize: 2 ** 27, wantsComments: true },
    (_type, text) => {
      if (text.indexOf('!') === text.length - 1) read++;
      return true;
    },
  );
  const start = performance.now();
  for (let position = 0; position < stream.length; position += PIECE) {
    interpreter.interpret(stream.subarray(position, position + PIECE));
    if (performance.now() - start > limit) return limit;
  }
  const time = performance.now() - start;
  expect(read).toBe(1);
  return time;
}

/** That what is `TIMES` as long takes no more than `BOUND` as long as so many short ones together. */
function expectLinear(timeShort: () => number, timeLong: (limit: number) => number): void {
  const ratios: number[] = [];
  for (let run = 0; run < 5; run++) {
    let together = 0;
    for (let count = 0; count < TIMES; count++) together += timeShort();
    ratios.push(timeLong(BOUND * together) / together);
  }
  expect(median(ratios)).toBeLessThan(BOUND);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

test.each([
  ['one long data line', 'data: ', 'x', '!\n\n'],
  ['one long data line of wide characters', 'data: ', '€', '!\n\n'],
  ['many data lines', '', `data: ${'x'.repeat(70)}\n`, 'data: !\n\n'],
  ['many empty data lines', '', 'data\n', 'data: !\n\n'],
  ['one long comment', ':', 'x', '!\n'],
  ['one long line of an unknown field', 'foo: ', 'x', '\ndata: !\n\n'],
  ['one long line without a colon', '', 'x', '\ndata: !\n\n'],
  ['one long line of digits', 'retry: ', '0', '\ndata: !\n\n'],
])(
  'takes time in proportion to an event of %s',
  // Again where something else on the machine took part in the measurement.
  { retry: 2, timeout: 120_000 },
  (_what, start, unit, end) => {
    const short = block(SHORT, start, unit, end);
    const long = block(LONG, start, unit, end);
    expectLinear(
      () => timeToInterpret(short),
      (limit) => timeToInterpret(long, limit),
    );
  },
);

test('a comment behind an event that is nearly too large takes linear time, too', () => {
  const time = (size: number, limit: number = Number.POSITIVE_INFINITY) => {
    const interpreter = new EventStreamInterpreter(
      { reconnectionTime: 0, maxEventSize: size, wantsComments: true },
      () => true,
    );
    const start = performance.now();
    interpreter.interpret(encoder.encode(`data: ${'x'.repeat(size - 100)}\n:`));
    const piece = encoder.encode('c'.repeat(400));
    for (let position = 0; position + 400 < size; position += 400) {
      interpreter.interpret(piece);
      if (performance.now() - start > limit) return limit;
    }
    return performance.now() - start;
  };
  expectLinear(
    () => time(SHORT / 2),
    (limit) => time(LONG / 2, limit),
  );
});

/** V8 can be asked to collect; Bun has another engine. */
const isV8 = !('Bun' in globalThis);

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

test.runIf(isV8).each([
  ['is silent', () => {}],
  ['waits after the end', (controller: ReadableStreamDefaultController) => controller.close()],
  ['waits after a break', (controller: ReadableStreamDefaultController) => controller.error(new Error())],
  ['connects after reconnect()', (_: unknown, source: FetchEventSource) => source.reconnect()],
])('no chunk stays in memory while a source %s', async (_what, act) => {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let attempts = 0;
  const body = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own;
    },
  });
  const source = connect('https://source.test/', {
    fetch: () => (attempts++ ? new Promise<Response>(() => {}) : Promise.resolve(eventStream(body))),
    reconnect: { reconnectionTime: 1e6 },
  });
  await next(source, 'open');
  const send = () => {
    const chunk = encoder.encode('data: a\n\n'.repeat(5000));
    controller.enqueue(chunk);
    return new WeakRef(chunk.buffer);
  };
  const buffer = send();
  await next(source, 'message');
  act(controller, source);
  const isFree = () => {
    collectGarbage();
    return buffer.deref() === undefined;
  };
  await expect.poll(isFree).toBe(true);
});

test.runIf(isV8)('a type and short data that somebody keeps do not keep the text around them', () => {
  const kept: string[] = [];
  const interpreter = new EventStreamInterpreter(
    { reconnectionTime: 0, maxEventSize: 2 ** 27 },
    (type, data) => {
      if (data.length < 100) kept.push(type, data);
      return true;
    },
  );
  const count = 4_000;
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < count; index++) {
    const event = `event: type number ${index}\ndata: short data, number ${index}\n\n`;
    interpreter.interpret(encoder.encode(`${event}data: ${'long '.repeat(400)}\n\n`));
  }
  collectGarbage();
  expect(kept).toHaveLength(2 * count);
  // The text of each chunk has 2,000 characters.
  expect((process.memoryUsage().heapUsed - before) / count).toBeLessThan(500);
});

test('an ID that is far too long to be sent is not encoded, which would take seconds or fail', () => {
  // Three times as long, it is no string any more.
  expect(encodeLastEventId({ lastEventId: '"'.repeat(2 ** 28) } as Source)).toBeUndefined();
});

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { encodeLastEventId } from '../../src/http/last-event-id.js';
import type { FetchEventSource } from '../../src/index.js';
import { EventStreamInterpreter } from '../../src/stream/interpreter.js';
import { FRESH, interpret } from '../interpret.js';
import { connect, eventStream, next } from '../scripted.js';
import { countsCode, countWork } from './work.js';

/** The payload of a TCP segment on Ethernet: a common size of a chunk, and no divisor of anything here. */
const PIECE = 1_460;

const TIMES = 16;
const SHORT = 2 ** 16;

/**
 * A linear interpreter does `TIMES` as much work for a stream `TIMES` as long; a quadratic one `TIMES` as much again. The
 * rest is for buffers that double: they copy each character once or twice, depending on where the end lies.
 */
const BOUND = 1.25 * TIMES;

const encoder = new TextEncoder();

/** A block of so many characters: `unit` over and over between the start and the end. */
function block(size: number, start: string, unit: string, end: string): Uint8Array {
  return encoder.encode(start + unit.repeat((size - start.length - end.length) / unit.length) + end);
}

function cut(stream: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < stream.length; start += size) chunks.push(stream.subarray(start, start + size));
  return chunks;
}

/** Prepares an input of so many bytes, and answers how to interpret it. */
type Prepare = (size: number) => () => void;

function expectProportion(prepare: Prepare): void {
  const limit = BOUND * countWork(prepare(SHORT));
  expect(countWork(prepare(TIMES * SHORT), limit)).toBeLessThan(limit);
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
])('takes work in proportion to an event of %s', (_what, start, unit, end) => {
  expectProportion((size) => {
    const chunks = cut(block(size, start, unit, end), PIECE);
    return () => {
      let read = 0;
      // Reads the text, too, which an interpreter might have put off.
      const leaves = (items: readonly { data: string }[]) => {
        const data = items.at(-1)?.data ?? '';
        if (data.indexOf('!') === data.length - 1) read++;
        return false;
      };
      interpret(chunks, FRESH, { maxEventSize: 2 ** 27, leaves });
      expect(read).toBe(1);
    };
  });
});

test('a comment behind a large event takes work in proportion, too', () => {
  expectProportion((size) => {
    const event = encoder.encode(`data: ${'x'.repeat(size - 100)}\n:`);
    const comment = cut(encoder.encode('c'.repeat(size - 400)), 400);
    return () => void interpret([event, ...comment], FRESH, { maxEventSize: 2 * size });
  });
});

/** Takes the chunks of a stream one by one. */
type Interpreter = (chunk: Uint8Array) => void;

/** Ways to take more and more work for each chunk that have been seen in interpreters. */
const FAULTS: [what: string, create: () => Interpreter, isSeen?: boolean][] = [
  [
    'searches again what it has',
    () => {
      let text = '';
      const decoder = new TextDecoder();
      return (chunk) => {
        text += decoder.decode(chunk, { stream: true });
        text.indexOf('\n\n');
      };
    },
  ],
  [
    'matches again what it has',
    () => {
      let text = '';
      const decoder = new TextDecoder();
      return (chunk) => {
        text += decoder.decode(chunk, { stream: true });
        /\r?\n\r?\n/.test(text);
      };
    },
  ],
  [
    'splits again what it has',
    () => {
      let text = '';
      const decoder = new TextDecoder();
      return (chunk) => {
        const lines = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
        text = lines.pop() ?? '';
      };
    },
  ],
  [
    'reads one character of what it has, of which an engine then copies all',
    () => {
      let text = '';
      const decoder = new TextDecoder();
      return (chunk) => {
        text += decoder.decode(chunk, { stream: true });
        text.charCodeAt(0);
      };
    },
  ],
  [
    'copies the bytes that it has',
    () => {
      let bytes = new Uint8Array();
      return (chunk) => {
        const before = bytes;
        bytes = new Uint8Array(before.length + chunk.length);
        bytes.set(before);
        bytes.set(chunk, before.length);
      };
    },
  ],
  [
    'joins again the lines that it has',
    () => {
      const lines: string[] = [];
      const decoder = new TextDecoder();
      return (chunk) => {
        lines.push(decoder.decode(chunk, { stream: true }));
        lines.join('\n');
      };
    },
  ],
  [
    'steps again through the bytes that it has',
    () => {
      const chunks: Uint8Array[] = [];
      return (chunk) => {
        chunks.push(chunk);
        let ends = 0;
        for (const bytes of chunks) for (let at = 0; at < bytes.length; at++) if (bytes[at] === 10) ends++;
        return ends;
      };
    },
    countsCode,
  ],
];

test.each(FAULTS.filter(([, , isSeen = true]) => isSeen))(
  'work out of proportion is seen in an interpreter that %s',
  (_what, create) => {
    const prepare: Prepare = (size) => {
      const chunks = cut(block(size, '', 'x', '\n\n'), PIECE);
      return () => {
        const interpretChunk = create();
        for (const chunk of chunks) interpretChunk(chunk);
      };
    };
    const growth = countWork(prepare(SHORT * 2)) / countWork(prepare((SHORT * 2) / TIMES));
    expect(growth).toBeGreaterThan(BOUND);
  },
);

test('work is counted alike in each run', () => {
  const chunks = cut(block(SHORT, 'data: ', '€', '\n\n'), PIECE);
  const run = () => void interpret(chunks);
  expect(countWork(run)).toBe(countWork(run));
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

test.runIf(isV8)('what an unfinished event keeps does not keep the text around it', () => {
  const interpreter = new EventStreamInterpreter(
    { lastEventId: '', reconnectionTime: 0 },
    { onEvent: () => true, onComment: () => true, onRetry: () => {} },
    { maxEventSize: 2 ** 27, wantsComments: false },
  );
  const count = 4_000;
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < count; index++) {
    const line = `data: some data, number ${index}\nid: the ID number ${index}\n`;
    interpreter.interpret(encoder.encode(`${line}: ${'long '.repeat(400)}\n`));
  }
  collectGarbage();
  // The text of each chunk has 2,000 characters.
  expect((process.memoryUsage().heapUsed - before) / count).toBeLessThan(500);
});

test('an ID that is far too long to be sent is not encoded, because that would take seconds or fail', () => {
  // Three times as long, it is no string any more.
  expect(encodeLastEventId('"'.repeat(2 ** 28), false)).toBeUndefined();
});

import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceInit } from '../src/index.js';
import { cutAt, FRESH, interpret } from './interpret.js';
import { connect, next } from './scripted.js';

const encoder = new TextEncoder();

/** A source that gets these chunks one after the other, and what happened to it. */
async function receive(
  chunks: Iterable<string | Uint8Array>,
  init: FetchEventSourceInit = {},
  onmessage: (() => void) | null = null,
) {
  const iterator = chunks[Symbol.iterator]();
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
    },
    cancel: () => {
      isCancelled = true;
    },
  });
  const source = connect('https://source.test/', {
    reconnect: false,
    fetch: async () => new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }),
    ...init,
  });
  source.onmessage = onmessage;
  const events: string[] = [];
  const types = ['message', 'other'];
  for (const type of types) source.addEventListener(type, ({ data }) => events.push(data));
  const { error } = await next<Event & { error: { code: string } }>(source, 'error');
  return { events, code: error.code, isCancelled, source };
}

/** Queues a task behind those that wait, without the least time of timers if there is such a way. */
function queueTask(task: () => void): void {
  const { setImmediate, scheduler } = globalThis as {
    setImmediate?: typeof globalThis.setImmediate;
    scheduler?: { postTask?(task: () => void): void };
  };
  if (setImmediate) setImmediate(task);
  else if (scheduler?.postTask) scheduler.postTask(task);
  else setTimeout(task);
}

function* endless(text: string): Generator<string> {
  for (;;) yield text;
}

describe('maxEventSize', () => {
  const limit = 1000;
  const line = 'data: 0123456789\n';

  test.each([
    ['a line without end', endless('data: x')],
    [
      'a line without end, byte by byte',
      (function* () {
        yield 'data:';
        yield* endless('x');
      })(),
    ],
    ['data lines without end', endless(line)],
    ['empty data lines without end', endless('data\n')],
    ['an id without end', (['id: '] as string[]).concat(Array(2000).fill('7'))],
    ['id lines without end', endless('id: 7\n')],
    ['type lines without end', endless('event: other\r\n')],
    ['retry lines without end', endless('retry: 7\r')],
    ['a whole event in one chunk', [`data: ${'x'.repeat(limit)}\n\n`]],
    ['a whole event of wide characters in one chunk', [`data: ${'€'.repeat(limit)}\n\n`]],
    ['a line of wide characters', Array(250).fill('data: €€€€\n')],
    ['a huge chunk', [`data: ${'x'.repeat(1e6)}`]],
    ['one character too many, byte by byte', [...`data: ${'x'.repeat(limit - 5)}\n`]],
    ['a comment without end', endless(': x')],
    ['an unknown field without end', endless('dataa: x')],
    ['a wide unknown field without end', endless('idé')],
  ])('fails for %s', async (_what, chunks) => {
    const { code, source, isCancelled, events } = await receive(chunks, {
      maxEventSize: limit,
      reconnect: true,
    });
    expect([code, source.readyState, events]).toEqual(['event-too-large', FetchEventSource.CLOSED, []]);
    expect(isCancelled || !(Symbol.iterator in Object(chunks)) || Array.isArray(chunks)).toBe(true);
  });

  test('counts the characters of an event, to the last one', async () => {
    const largest = `data: ${'x'.repeat(limit - 6)}\n`;
    const fits = await receive([largest, '\n', largest, '\n'], { maxEventSize: limit });
    expect([fits.code, fits.events.length]).toEqual(['end-of-stream', 2]);
    // The first line is then 995 characters of data, with the newline. The second one is a character too long.
    const lines = [largest, '\n', largest, 'data: ', '\n'];
    const exceeds = await receive(lines, { maxEventSize: limit });
    expect([exceeds.code, exceeds.events.length]).toEqual(['event-too-large', 1]);
  });

  test.each([
    ['a wide event and an ASCII one', `data: ${'€'.repeat(900)}\n\ndata: ${'a'.repeat(900)}\n\n`],
    ['a wide line of an unknown field', `foo: ${'€'.repeat(900)}\ndata: ${'a'.repeat(900)}\n\n`],
    ['a wide comment', `:${'€'.repeat(900)}\ndata: ${'a'.repeat(900)}\n\n`],
    ['pairs of surrogates, of which each is two characters', `data: ${'😀'.repeat(490)}\n\n`],
  ])('counts characters, not bytes: %s', async (_what, text) => {
    const bytes = encoder.encode(text);
    for (const size of [1, 7, 100, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      for (const onComment of [undefined, () => {}]) {
        const { code } = await receive(
          chunks,
          onComment ? { maxEventSize: limit, onComment } : { maxEventSize: limit },
        );
        expect([size, code]).toEqual([size, 'end-of-stream']);
      }
    }
  });

  test('counts an event with cut characters, even where a chunk has as many characters as bytes', async () => {
    const bytes = encoder.encode(`${'€x'.repeat(450)}\n`);
    const chunks = [encoder.encode('data: ')];
    // Two bytes of the euro sign, then its third byte with the x: a chunk of two bytes has two characters.
    for (let start = 0; start < bytes.length; start += 4) {
      chunks.push(bytes.subarray(start, start + 2), bytes.subarray(start + 2, start + 4));
    }
    expect((await receive(chunks, { maxEventSize: 6 + 899 })).code).toBe('event-too-large');
    expect((await receive(chunks, { maxEventSize: 6 + 900 })).code).toBe('end-of-stream');
  });

  test('counts what an event has and its next line, however it is cut', () => {
    const value = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀'), maxLength: 20 });
    const names = ['data:', 'id: ', 'event:', 'retry:', ':', 'datum: ', 'data€', 'foo', 'i', 'x'];
    const lineOfEvent = fc.tuple(fc.constantFrom(...names), value).map((parts) => parts.join(''));
    const bare = fc.constantFrom('data', 'id', 'event', 'retry');
    const lines = fc.array(fc.oneof(lineOfEvent, bare), { minLength: 1, maxLength: 12 });
    /** How many characters a line leaves in the event: its value, and one for its end. */
    const measure = (text: string) => {
      const [known, space] = /^(?:data|id|event|retry)(?:: ?|$)/.exec(text) ?? [];
      return known === undefined ? 0 : text.length - known.length + (space ?? '').length + 1;
    };
    const property = fc.property(
      lines,
      fc.array(fc.nat(), { maxLength: 40 }),
      fc.boolean(),
      fc.boolean(),
      fc.nat(),
      (event, places, isCutEverywhere, isText, excess) => {
        const text = `data: a\n\n${event.join('\n')}\n\ndata:€\n\n`;
        const input = encoder.encode(text);
        const positions = isCutEverywhere ? [...input.keys()] : places.map((place) => place % input.length);
        const chunks = isText ? [...text] : cutAt(input, positions);
        let size = 0;
        // What precedes and follows must fit, too.
        let largest = 'data: a'.length;
        for (const line of event) {
          largest = Math.max(largest, size + line.length);
          size += measure(line);
        }
        const caller = { wantsComments: false, maxEventSize: largest };
        expect(interpret(chunks, FRESH, caller).items.at(-1)?.data).toBe('€');
        const maxEventSize = largest - 1 - (excess % largest);
        expect(() => interpret(chunks, FRESH, { ...caller, maxEventSize })).toThrow('maxEventSize');
      },
    );
    fc.assert(property, { numRuns: 5000 });
  });

  test('counts an event in a chunk by itself', async () => {
    const small = `data: ${'a'.repeat(900)}\n\n`.repeat(20);
    const { code, events } = await receive([`${small}data: ${'€'.repeat(1500)}\n\n`], {
      maxEventSize: limit,
    });
    expect([code, events.length]).toEqual(['event-too-large', 20]);
  });

  test('counts a comment towards the event that it interrupts only until it ends', async () => {
    const chunks = [
      `data: ${'a'.repeat(900)}\n`,
      ...Array(9)
        .fill([`:${'c'.repeat(90)}`, 'c\n'])
        .flat(),
      '\n',
    ];
    for (const init of [{}, { onComment: () => {} }]) {
      expect((await receive(chunks, { maxEventSize: limit, ...init })).code).toBe('end-of-stream');
    }
    const exceeds = [`data: ${'a'.repeat(900)}\n:${'c'.repeat(90)}`, 'cccccccccc\n\n'];
    expect((await receive(exceeds, { maxEventSize: limit })).code).toBe('event-too-large');
  });

  test('delivers the events before the one that is too large', async () => {
    const { events, code } = await receive([`data: a\n\ndata: b\n\ndata: ${'x'.repeat(limit)}\n\n`], {
      maxEventSize: limit,
    });
    expect([events, code]).toEqual([['a', 'b'], 'event-too-large']);
  });

  test.each([
    ['comments', ': x\n'],
    ['comments with CRLF', ': x\r\n'],
    ['wide comments', ': €\n'],
    ['unknown fields', 'datum: x\n'],
    ['unknown lines', 'x\n'],
    ['wide unknown fields', 'idé\n'],
    ['small events', 'data: x\n\n'],
  ])('does not count %s', async (_what, text) => {
    for (const size of [1, 100, 10_000]) {
      const chunks = Array(Math.ceil(20_000 / size)).fill(text.repeat(size));
      const { code, events } = await receive(['data: a\n', ...chunks, '\n\n', 'data: b\n\n'], {
        maxEventSize: limit,
      });
      expect([size, code, events.at(-1)]).toEqual([size, 'end-of-stream', 'b']);
    }
  });

  test('also limits a comment that somebody reads', async () => {
    const { code } = await receive(endless(': x'), { maxEventSize: 10_000, onComment: () => {} });
    expect(code).toBe('event-too-large');
  });

  test('fails before a text becomes longer than the engine can hold', () => {
    const chunk = 'x'.repeat(2 ** 26);
    function* chunks() {
      yield 'data: ';
      for (let count = 0; count < 16; count++) yield chunk;
    }
    const most = { maxEventSize: Number.POSITIVE_INFINITY };
    expect(() => interpret(chunks(), FRESH, most)).toThrow('Event larger than maxEventSize');
    const lines = ['data: ', ...Array<string>(16).fill(`${chunk}\ndata: `)];
    expect(() => interpret(lines, FRESH, most)).toThrow('Event larger than maxEventSize');
  });

  test('is 2 ** 27 characters by default', async () => {
    const megabyte = encoder.encode('x'.repeat(2 ** 20));
    const event = (megabytes: number) => ['data:', ...Array<Uint8Array>(megabytes).fill(megabyte), '\n\n'];
    expect((await receive(event(127))).code).toBe('end-of-stream');
    expect((await receive(event(128))).code).toBe('event-too-large');
  });
});

describe('many events in one chunk', () => {
  const chunk = 'data: 1\n\n'.repeat(200_000);

  test('leave time for the rest of the program', async () => {
    // A clock by which each event takes 10 µs: how fast the machine is does not matter.
    let clock = 0;
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    onTestFinished(() => now.mockRestore());
    let waits = true;
    let turn = 0;
    let longest = 0;
    const endTurn = () => {
      longest = Math.max(longest, clock - turn);
      turn = clock;
    };
    const takeTurn = () => {
      endTurn();
      if (waits) queueTask(takeTurn);
    };
    queueTask(takeTurn);
    let count = 0;
    const onmessage = () => {
      count++;
      clock += 0.01;
    };
    await receive([chunk], {}, onmessage);
    waits = false;
    endTurn();
    expect(count).toBe(200_000);
    // In milliseconds. Browsers call a task long from here on.
    expect(longest).toBeLessThan(50);
  });

  test('T16: leave no listeners on the signal of the attempt', async () => {
    const add = vi.spyOn(AbortSignal.prototype, 'addEventListener');
    const remove = vi.spyOn(AbortSignal.prototype, 'removeEventListener');
    onTestFinished(() => void vi.restoreAllMocks());
    const { source } = await receive([chunk]);
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
    // The platform and the attempt have a few of their own.
    expect(add.mock.calls.length - remove.mock.calls.length).toBeLessThan(6);
    expect(remove.mock.calls.length).toBeGreaterThan(0);
  });

  test('T8: end with the one during which the source was closed', async () => {
    let count = 0;
    const body = new Response(chunk, { headers: { 'Content-Type': 'text/event-stream' } });
    const source = connect('https://source.test/', { fetch: async () => body });
    source.onmessage = () => {
      if (++count === 100_000) source.close();
    };
    await expect.poll(() => source.readyState).toBe(FetchEventSource.CLOSED);
    await new Promise((resolve) => setTimeout(resolve));
    expect(count).toBe(100_000);
  });
});

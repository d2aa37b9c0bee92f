import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  EventStreamDecoder,
  EventStreamEncoder,
  encodeEvent,
  parseEventStream,
  type ServerSentEvent,
  type ServerSentEventInit,
} from '../src/stream.js';

const RUNS = typeof document === 'undefined' ? 1_000 : 200;

const encode = (event: ServerSentEventInit) => new TextDecoder().decode(encodeEvent(event));

function from<T>(items: readonly T[]): ReadableStream<T> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next < items.length) controller.enqueue(items[next++] as T);
      else controller.close();
    },
  });
}

async function collect(stream: ReadableStream<ServerSentEvent>): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) events.push(next.value);
  return events;
}

/** Mostly text that breaks a careless encoder: line breaks, colons, spaces, byte order marks, names of fields. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\r',
        '\n',
        '\r\n',
        ' ',
        ':',
        '\0',
        '\uFEFF',
        'data: x',
        '\n\n',
        'id: 1',
        '\u2028',
        '€',
        '😀',
      ),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));
const lines = (string: string) => string.replace(/\r\n?/g, '\n');

test('writes the fields that the event has', () => {
  expect(encode({ data: 'a' })).toBe('data: a\n\n');
  expect(encode({ comment: ' c', type: 't', lastEventId: '7', retry: 10, data: 'a' })).toBe(
    ': c\nevent: t\nid: 7\nretry: 10\ndata: a\n\n',
  );
});

test('writes a line for each line of data and comment, whatever ends it', () => {
  expect(encode({ data: 'a\nb\rc\r\nd\n' })).toBe('data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n');
  expect(encode({ comment: 'a\ndata: b' })).toBe(':a\n:data: b\n\n');
});

test('writes what dispatches nothing: a comment, a reconnection time, a last event ID or its reset', () => {
  expect(encode({ comment: ' ping' })).toBe(': ping\n\n');
  expect(encode({ retry: 0 })).toBe('retry: 0\n\n');
  expect(encode({ lastEventId: '7' })).toBe('id: 7\n\n');
  expect(encode({ lastEventId: '' })).toBe('id: \n\n');
});

test('writes a MessageEvent', () => {
  expect(encode(new MessageEvent('t', { data: 'a', lastEventId: '7' }))).toBe('event: t\nid: 7\ndata: a\n\n');
});

test.each([
  ['a type with a line break', { type: 'a\nb', data: '' }, 'type: expected text without line breaks'],
  ['a type with a CR', { type: 'a\rb', data: '' }, 'type: expected text without line breaks'],
  [
    'an ID with a line break',
    { lastEventId: '1\n' },
    'lastEventId: expected text without line breaks and NUL',
  ],
  ['an ID with a CR', { lastEventId: '\r' }, 'lastEventId: expected text without line breaks and NUL'],
  ['an ID with NUL', { lastEventId: 'a\0' }, 'lastEventId: expected text without line breaks and NUL'],
  ['a number as ID', { lastEventId: 7 }, 'lastEventId: expected text'],
  ['an object as data', { data: { a: 1 } }, 'data: expected text; use JSON.stringify()'],
  ['null as data', { data: null }, 'data: expected text'],
  ['a type without data', { type: 'a' }, 'data: expected with a type'],
  ['a negative reconnection time', { retry: -1 }, 'retry: expected whole milliseconds'],
  ['a broken reconnection time', { retry: 1.5 }, 'retry: expected whole milliseconds'],
  ['no number as reconnection time', { retry: Number.NaN }, 'retry: expected whole milliseconds'],
  ['an endless reconnection time', { retry: Number.POSITIVE_INFINITY }, 'retry: expected whole milliseconds'],
  ['text as reconnection time', { retry: '10' }, 'retry: expected whole milliseconds'],
  ['the field’s name for the ID', { id: '7', data: '' }, 'id, event: call them lastEventId and type'],
  ['the field’s name for the type', { event: 'a', data: '' }, 'id, event: call them lastEventId and type'],
  ['text', 'secret', 'event: expected an object'],
  ['null', null, 'event: expected an object'],
  ['nothing', undefined, 'event: expected an object'],
])('refuses %s', (_what, event, message) => {
  expect(() => encodeEvent(event as ServerSentEventInit)).toThrow(TypeError);
  expect(() => encodeEvent(event as ServerSentEventInit)).toThrow(message);
});

test('shows nothing of the data in its error', () => {
  expect(() => encodeEvent({ data: { token: 'secret' } as unknown as string })).toThrow(
    /^data: expected text; use JSON.stringify\(\)$/,
  );
});

test('what it encodes is decoded unchanged, with LF as its line breaks', async () => {
  const event = fc.record(
    { type: text, data: text, lastEventId: text, retry: fc.nat(), comment: text },
    { requiredKeys: ['data'] },
  );
  const property = fc.asyncProperty(fc.array(event, { maxLength: 5 }), async (drafts) => {
    const events = drafts.map(
      ({ type, lastEventId, ...rest }): ServerSentEventInit => ({
        ...rest,
        ...(type !== undefined && { type: type.replace(/[\r\n]/g, '') }),
        ...(lastEventId !== undefined && { lastEventId: lastEventId.replace(/[\r\n\0]/g, '') }),
      }),
    );
    const log: unknown[] = [];
    let lastEventId = '';
    const expected = events.flatMap((event) => {
      lastEventId = event.lastEventId ?? lastEventId;
      const { type, data = '', retry, comment } = event;
      return [
        ...(comment === undefined ? [] : lines(comment).split('\n')),
        ...(retry === undefined ? [] : [retry]),
        { type: type || 'message', data: lines(data), lastEventId },
      ];
    });
    const stream = from(events).pipeThrough(new EventStreamEncoder());
    const parsed = parseEventStream(stream, {
      onComment: (comment) => log.push(comment),
      onRetry: (time) => log.push(time),
    });
    for await (const event of parsed) log.push(event);
    // The callbacks run as a chunk is read, and a chunk is an event here.
    expect(log).toEqual(expected);
  });
  await fc.assert(property, { numRuns: RUNS });
}, 120_000);

test('what is decoded and encoded again gives the same events', async () => {
  const event = fc.record({ type: text, data: text, lastEventId: text }).map(
    ({ type, data, lastEventId }): ServerSentEvent => ({
      type: type.replace(/[\r\n]/g, '') || 'message',
      data: lines(data),
      lastEventId: lastEventId.replace(/[\r\n\0]/g, ''),
    }),
  );
  const property = fc.asyncProperty(fc.array(event, { maxLength: 5 }), async (events) => {
    const stream = from(events).pipeThrough(new EventStreamEncoder()).pipeThrough(new EventStreamDecoder());
    expect(await collect(stream)).toEqual(events);
  });
  await fc.assert(property, { numRuns: RUNS });
}, 120_000);

test('an encoder fails on what cannot be encoded', async () => {
  const stream = from<ServerSentEventInit>([{ lastEventId: '\n' }]).pipeThrough(new EventStreamEncoder());
  await expect(stream.getReader().read()).rejects.toThrow('lastEventId: expected text');
});

import { describe, expect, test } from 'vitest';
import { BOM, bytes, cutAt, FRESH, interpret } from './interpret.js';
import {
  type DispatchedEvent,
  type Interpretation,
  interpretLiterally,
  type Source,
} from './reference-interpreter.js';

function* waysToCut(input: Uint8Array): Generator<[way: string, chunks: Uint8Array[]]> {
  const everywhere = [...input.keys()];
  yield ['whole', [input]];
  for (let position = 0; position <= input.length; position++) {
    yield [`cut at ${position}`, cutAt(input, [position])];
    yield [`cut at ${position}, with an empty chunk between`, cutAt(input, [position, position])];
  }
  yield ['one byte at a time', cutAt(input, everywhere)];
  yield ['one byte at a time, with empty chunks between', cutAt(input, [...everywhere, ...everywhere])];
}

/** An event of type `message` without an ID, unless the fields say more. */
function event(data: string, fields: Partial<DispatchedEvent> = {}): DispatchedEvent {
  return { type: 'message', data, lastEventId: '', ...fields };
}

type Row = [name: string, input: string | Uint8Array, means: Partial<Interpretation>, source?: Source];

/** A test for each stream. Its meaning is the same however it is cut, and the same to the reference. */
function testStreams(rows: readonly Row[]): void {
  test.each(rows)('%s', (_name, input, means, source = FRESH) => {
    const stream = typeof input === 'string' ? bytes(input) : input;
    const expected = { events: [], comments: [], ...source, ...means };
    expect(interpretLiterally(stream, source), 'the reference').toMatchObject(expected);
    for (const [way, chunks] of waysToCut(stream)) {
      expect(interpret(chunks, source), way).toMatchObject(expected);
    }
  });
}

describe('bytes to lines', () => {
  testStreams([
    ['rule 12: decodes UTF-8 of every length', 'data: $¢€😀\n\n', { events: [event('$¢€😀')] }],
    [
      'rule 12: decodes UTF-8 in types and ids',
      'event: ü\nid: 😀\ndata\n\n',
      {
        events: [event('', { type: 'ü', lastEventId: '😀' })],
        lastEventId: '😀',
      },
    ],
    ['rule 12: drops a leading byte order mark', bytes(BOM, 'data: a\n\n'), { events: [event('a')] }],
    ['rule 12: drops a byte order mark before a comment', bytes(BOM, ': a\n'), { comments: [' a'] }],
    [
      'rule 12: drops a byte order mark before a blank line',
      bytes(BOM, '\r\ndata: a\n\n'),
      { events: [event('a')] },
    ],
    [
      'rule 12: drops only one byte order mark',
      bytes(BOM, BOM, 'data: a\ndata: b\n\n'),
      { events: [event('b')] },
    ],
    ['rule 12: finds nothing in a lone byte order mark', bytes(BOM), {}],
    ['rule 12: finds nothing in an empty stream', '', {}],
    [
      'T4: keeps U+FEFF in and around a value',
      'data: \uFEFFa\uFEFFb\uFEFF\ndata:\uFEFF\n\n',
      {
        events: [event('\uFEFFa\uFEFFb\uFEFF\n\uFEFF')],
      },
    ],
    [
      'T4: keeps U+FEFF at the start of later lines',
      '\uFEFFdata: a\n\uFEFFdata: b\n\n\uFEFFdata: c\n\ndata: d\n\n',
      {
        events: [event('a'), event('d')],
      },
    ],
    [
      'T4: does not take U+FEFF for a blank line',
      'data: a\n\uFEFF\ndata: b\n\n',
      { events: [event('a\nb')] },
    ],
    [
      'T4: keeps U+FEFF in ids and types',
      'id: \uFEFF\nevent:\uFEFF\ndata\n\n',
      {
        events: [event('', { type: '\uFEFF', lastEventId: '\uFEFF' })],
        lastEventId: '\uFEFF',
      },
    ],
    ['T4: keeps U+FEFF of a comment', ':\uFEFFa\n', { comments: ['\uFEFFa'] }],
    [
      'T4: takes a broken byte order mark for text',
      bytes(BOM.slice(0, 2), 'data: a\ndata: b\n\n'),
      {
        events: [event('b')],
      },
    ],
    ['rule 13: ends lines with LF', 'data: a\ndata: b\n\n', { events: [event('a\nb')] }],
    ['rule 13: ends lines with CR', 'data: a\rdata: b\r\r', { events: [event('a\nb')] }],
    ['rule 13: ends lines with CRLF', 'data: a\r\ndata: b\r\n\r\n', { events: [event('a\nb')] }],
    [
      'rule 13: takes all ends of lines mixed',
      'data: a\rdata: b\ndata: c\r\n\rdata: d\n\r\ndata: e\r\r\n',
      {
        events: [event('a\nb\nc'), event('d'), event('e')],
      },
    ],
    [
      'rule 13: takes LF CR for two ends of lines',
      'data: a\n\rdata: b\n\r',
      { events: [event('a'), event('b')] },
    ],
    [
      'rule 13: ends no line at other separators',
      'data: a\u2028b\u2029c\u0085d\ve\f\n\n',
      {
        events: [event('a\u2028b\u2029c\u0085d\ve\f')],
      },
    ],
    [
      'T5: takes CR and LF for one end, in whichever chunks',
      'data: a\r\ndata: b\r\n\r\n\r\ndata: c\r\n\r\n',
      {
        events: [event('a\nb'), event('c')],
      },
    ],
    [
      'T5: takes CR CR LF LF for three ends',
      'data: a\r\r\n\ndata: b\r\r\n\n',
      { events: [event('a'), event('b')] },
    ],
    [
      'T5: ends a line after CR and half a character',
      bytes('data: a\r', [0xe2], '\ndata: b\n\n'),
      {
        events: [event('a\nb')],
      },
    ],
  ] satisfies Row[]);

  // each of these stands for the number of U+FFFD that the Encoding Standard says
  testStreams(
    (
      [
        ['a lone continuation byte', [0x80], 1],
        ['continuation bytes', [0xbf, 0x80, 0xbf], 3],
        ['bytes that UTF-8 never has', [0xc0, 0xc1, 0xf5, 0xfe, 0xff], 5],
        ['an overlong solidus of two bytes', [0xc0, 0xaf], 2],
        ['an overlong solidus of three bytes', [0xe0, 0x80, 0xaf], 3],
        ['an overlong solidus of four bytes', [0xf0, 0x80, 0x80, 0xaf], 4],
        ['an overlong LF', [0xc0, 0x8a], 2],
        ['an overlong NUL', [0xc0, 0x80], 2],
        ['a surrogate', [0xed, 0xa0, 0x80], 3],
        ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80], 4],
        ['one byte of two', [0xc3], 1],
        ['one byte of three', [0xe2], 1],
        ['two bytes of three', [0xe2, 0x82], 1],
        ['one byte of four', [0xf0], 1],
        ['two bytes of four', [0xf0, 0x9f], 1],
        ['three bytes of four', [0xf0, 0x9f, 0x98], 1],
        ['two bytes of a byte order mark', [0xef, 0xbb], 1],
      ] as [string, number[], number][]
    ).flatMap(([what, invalid, count]): Row[] => {
      const replaced = '\uFFFD'.repeat(count);
      return [
        [
          `rule 12: replaces ${what} in a value`,
          bytes('data: a', invalid, 'b\n\n'),
          { events: [event(`a${replaced}b`)] },
        ],
        [
          `rule 12: replaces ${what} before the end of a line`,
          bytes('data:', invalid, '\r\ndata:', invalid, '\n\r'),
          {
            events: [event(`${replaced}\n${replaced}`)],
          },
        ],
        [
          `rule 12: replaces ${what} in the name of a field`,
          bytes('data: a\n', invalid, 'data: b\n\n'),
          {
            events: [event('a')],
          },
        ],
        [
          `rule 15: throws ${what} away at the end`,
          bytes('data: a\n\ndata: b', invalid),
          { events: [event('a')] },
        ],
      ];
    }),
  );

  testStreams([
    ['rule 14: begins with empty buffers', '\n\ndata: a\n\n', { events: [event('a')] }],
    ['rule 15: throws half a line away', 'data: a\n\ndata: b', { events: [event('a')] }],
    [
      'rule 15: throws a block without its blank line away',
      'data: a\n\nevent: x\ndata: b\n',
      { events: [event('a')] },
    ],
    [
      'rule 15: forgets the id of a block without its blank line',
      'id: 1\ndata: a\n\nid: 2\ndata: b\n',
      {
        events: [event('a', { lastEventId: '1' })],
        lastEventId: '1',
      },
    ],
    ['rule 15: forgets half an id', 'id: 1\n\nid: 23', { lastEventId: '1' }],
    [
      'rule 15: ignores half a retry, which may lack digits',
      'retry: 50\nretry: 10',
      { reconnectionTime: 50 },
    ],
    ['rule 15: ignores half a comment', ': a\n: b', { comments: [' a'] }],
    ['rule 15: a CR at the end of the stream does end a line', 'data: a\r\r', { events: [event('a')] }],
  ] satisfies Row[]);

  test('rule 13: gives every event as soon as its bytes are there', () => {
    const stream = bytes(
      BOM,
      ': c\rid: 1\r\nretry: 7\ndata: €\r\n\r\ndata: 😀\r\rid\n\n:\nevent: x\r\ndata\n\r\n',
    );
    for (let end = 0; end <= stream.length; end++) {
      const begun = stream.subarray(0, end);
      expect(interpret([begun]), `the first ${end} bytes`).toMatchObject(interpretLiterally(begun, FRESH));
    }
  });

  test('T5: an empty chunk within a character does not divide it, after a large chunk either', () => {
    const text = `€${'é'.repeat(200)}`;
    const chunks = [bytes('data: ', text, [0xe2, 0x82]), bytes(), bytes([0xac], '\n\n')];
    expect(interpret(chunks).events).toEqual([event(`${text}€`)]);
  });

  test('reads from one buffer that is filled again and again', () => {
    const buffer = new Uint8Array(1);
    function* fill(): Generator<Uint8Array> {
      for (const byte of bytes('id: 1\ndata: 😀\r\n\r\ndata: b\n\n')) {
        buffer[0] = byte;
        yield buffer;
        buffer.fill(0xff);
      }
    }
    expect(interpret(fill()).events).toEqual([
      event('😀', { lastEventId: '1' }),
      event('b', { lastEventId: '1' }),
    ]);
  });
});

describe('lines to fields', () => {
  testStreams([
    ['rule 16: dispatches at an empty line', 'data: a\n\ndata: b\n\n', { events: [event('a'), event('b')] }],
    [
      'rule 16: does not dispatch at a line of one space',
      'data: a\n \ndata: b\n\n',
      { events: [event('a\nb')] },
    ],
    [
      'rule 16: takes a line with a colon first for a comment',
      ':\n: a\n:b: c\n:data: d\n::\n\n',
      {
        comments: ['', ' a', 'b: c', 'data: d', ':'],
      },
    ],
    [
      'rule 16: a comment neither ends nor changes a block',
      'event: x\ndata: a\n:data: b\n: id: 1\ndata: c\n\n',
      {
        events: [event('a\nc', { type: 'x' })],
        comments: ['data: b', ' id: 1'],
      },
    ],
    [
      'rule 17: splits at the first colon',
      'data: a: b\ndata:c:d\ndata::\ndata: :\n\n',
      {
        events: [event('a: b\nc:d\n:\n:')],
      },
    ],
    [
      'rule 17: removes one leading space, and only one',
      'data:a\ndata: b\ndata:  c\ndata:   \ndata: \n\n',
      {
        events: [event('a\nb\n c\n  \n')],
      },
    ],
    [
      'rule 17: keeps tabs, other spaces and trailing space',
      'data:\ta\ndata:\u00A0b \ndata: \tc\t \n\n',
      {
        events: [event('\ta\n\u00A0b \n\tc\t ')],
      },
    ],
    [
      'rule 17: removes one space from every kind of value',
      'event:  x\nid:  1 \ndata:  a\n\n',
      {
        events: [event(' a', { type: ' x', lastEventId: ' 1 ' })],
        lastEventId: ' 1 ',
      },
    ],
    [
      'rule 18: takes a line without a colon for a name',
      'event: x\nevent\nid: 1\nid\nretry\ndata\n\n',
      {
        events: [event('')],
      },
    ],
    [
      'rule 18: a lone `id` resets the ID',
      'id: 1\ndata: a\n\nid\ndata: b\n\n',
      {
        events: [event('a', { lastEventId: '1' }), event('b')],
      },
    ],
    [
      'rule 19: ignores fields that it does not know',
      'foo: a\nfoo\nx\norigin: b\nlastEventId: 1\ndata: c\n\n',
      {
        events: [event('c')],
      },
    ],
    [
      'rule 19: ignores a known name with a space in it',
      ' data: a\ndata : b\n\tdata: c\ndata\t: d\n data\n\n',
      {},
    ],
    [
      'rule 19: ignores a known name in capitals',
      'Data: a\nDATA: b\nEvent: x\nID: 1\nRetry: 5\n\ndata: c\n\n',
      {
        events: [event('c')],
      },
    ],
    [
      'rule 19: ignores names that only begin or end as known ones',
      'dat: a\ndatax: b\nxdata: c\nids: 1\nevents: x\nretry5: 5\ndata a\n\n',
      {},
    ],
    [
      'rule 19: ignores names of objects',
      '__proto__: a\nconstructor: b\ntoString\nhasOwnProperty: c\n\n',
      {},
    ],
    ['rule 20: names the event', 'event: x\ndata: a\n\n', { events: [event('a', { type: 'x' })] }],
    [
      'rule 20: the order of the fields is free',
      'data: a\nevent: x\n\n',
      { events: [event('a', { type: 'x' })] },
    ],
    [
      'rule 20: the last `event` line wins',
      'event: x\nevent: y\ndata: a\n\n',
      { events: [event('a', { type: 'y' })] },
    ],
    [
      'rule 20: an empty `event` resets the type',
      'event: x\nevent:\ndata: a\n\nevent: x\nevent\ndata: b\n\n',
      {
        events: [event('a'), event('b')],
      },
    ],
    [
      'rule 20: any text can be a type',
      'event: a: b\u0000 \ndata\n\nevent: error\ndata\n\nevent: message\ndata\n\n',
      {
        events: [event('', { type: 'a: b\u0000 ' }), event('', { type: 'error' }), event('')],
      },
    ],
    [
      'rule 21: joins the data lines of a block',
      'data: a\nid: 1\ndata: b\n: c\nfoo\ndata: d\n\n',
      {
        events: [event('a\nb\nd', { lastEventId: '1' })],
        comments: [' c'],
        lastEventId: '1',
      },
    ],
    [
      'rule 21: keeps U+0000 in data',
      'data: a\u0000b\ndata: \u0000\n\n',
      { events: [event('a\u0000b\n\u0000')] },
    ],
    [
      'rule 22: the last `id` line wins',
      'id: 1\nid: 2\ndata: a\n\n',
      {
        events: [event('a', { lastEventId: '2' })],
        lastEventId: '2',
      },
    ],
    [
      'rule 22: an `id` after the data counts',
      'data: a\nid: 1\n\n',
      {
        events: [event('a', { lastEventId: '1' })],
        lastEventId: '1',
      },
    ],
    [
      'rule 22: an empty `id` resets the ID',
      'id: 1\ndata: a\n\nid:\ndata: b\n\nid: 2\nid: \ndata: c\n\n',
      {
        events: [event('a', { lastEventId: '1' }), event('b'), event('c')],
      },
    ],
    [
      'rule 22: an empty `id` resets the ID of an earlier stream',
      'id\ndata: a\n\n',
      { events: [event('a')], lastEventId: '' },
      {
        lastEventId: '9',
        reconnectionTime: 1,
      },
    ],
    [
      'rule 22: ignores an `id` with U+0000 anywhere',
      'id: \u0000\nid: a\u0000\nid:\u0000b\nid: a\u0000b\ndata: a\n\n',
      {
        events: [event('a')],
      },
    ],
    [
      'rule 22: an `id` with U+0000 leaves the earlier ID',
      'id: 1\n\nid: 2\nid: 3\u0000\ndata: a\n\nid: \u0000\ndata: b\n\n',
      {
        events: [event('a', { lastEventId: '2' }), event('b', { lastEventId: '2' })],
        lastEventId: '2',
      },
    ],
    [
      'rule 22: an ID may be any other text',
      'id: a: \u0001\t😀 \ndata\n\n',
      {
        events: [event('', { lastEventId: 'a: \u0001\t😀 ' })],
        lastEventId: 'a: \u0001\t😀 ',
      },
    ],
    ['rule 23: sets the reconnection time at once', 'retry: 5\n', { reconnectionTime: 5 }],
    ['rule 23: sets the reconnection time without an event', 'retry:5\n\n', { reconnectionTime: 5 }],
    ['rule 23: the last `retry` wins', 'retry: 5\nretry: 6\n\nretry: 7\n', { reconnectionTime: 7 }],
    ['rule 23: takes zero and leading zeros', 'retry: 5\nretry: 0\n', { reconnectionTime: 0 }],
    ['rule 23: reads leading zeros as decimal', 'retry: 0010\n', { reconnectionTime: 10 }],
    [
      'rule 23: neither ends nor changes a block',
      'event: x\ndata: a\nretry: 5\ndata: b\n\n',
      {
        events: [event('a\nb', { type: 'x' })],
        reconnectionTime: 5,
      },
    ],
    ...[
      '10x',
      'x10',
      '1e3',
      '+5',
      '-1',
      ' 5',
      '5 ',
      '5\t',
      '',
      ' ',
      '1.5',
      '1_0',
      '0x10',
      '5 5',
      '٣',
      '５',
      '5\u0000',
      'Infinity',
    ].map(
      (value): Row => [
        `rule 23: ignores ${JSON.stringify(value)} as a reconnection time`,
        `retry: 777\nretry: ${value}\ndata: a\n\n`,
        { events: [event('a')], reconnectionTime: 777 },
      ],
    ),
    ['T7: keeps a reconnection time of a month', 'retry: 2592000000\n', { reconnectionTime: 2_592_000_000 }],
    [
      'T7: keeps a reconnection time beyond all numbers',
      `retry: ${'9'.repeat(400)}\n`,
      {
        reconnectionTime: Number.POSITIVE_INFINITY,
      },
    ],
  ] satisfies Row[]);
});

describe('dispatch', () => {
  testStreams([
    ['rule 24: a block of nothing but an id moves the ID', 'id: 1\n\n', { lastEventId: '1' }],
    [
      'rule 24: an id without an event reaches the next event',
      'id: 1\n\ndata: a\n\n',
      {
        events: [event('a', { lastEventId: '1' })],
        lastEventId: '1',
      },
    ],
    ['rule 24: an id moves the ID only at the blank line', 'id: 1\ndata: a\n', {}],
    ['rule 24: an id and a type without data move the ID', 'event: x\nid: 1\n\n', { lastEventId: '1' }],
    [
      'rule 24: the ID stays through blocks without one',
      'id: 1\n\n\n: a\n\nevent: x\n\ndata: b\n\n',
      {
        events: [event('b', { lastEventId: '1' })],
        comments: [' a'],
        lastEventId: '1',
      },
    ],
    [
      'rule 25: without data there is no event',
      'event: x\n\nid\n\nretry: 5\n\n: a\n\nfoo: b\n\n\n\n',
      {
        comments: [' a'],
        reconnectionTime: 5,
      },
    ],
    [
      'rule 25: the type of a block without data is forgotten',
      'event: x\n\ndata: a\n\n',
      { events: [event('a')] },
    ],
    [
      'rule 26: a lone `data` is an event with no text',
      'data\n\ndata:\n\ndata: \n\n',
      {
        events: [event(''), event(''), event('')],
      },
    ],
    [
      'rule 26: two empty data lines are one newline',
      'data\ndata\n\ndata:\ndata:\ndata:\n\n',
      {
        events: [event('\n'), event('\n\n')],
      },
    ],
    [
      'rule 26: removes only the last newline',
      'data: a\ndata\n\ndata\ndata: b\n\ndata: c\ndata\ndata\n\n',
      {
        events: [event('a\n'), event('\nb'), event('c\n\n')],
      },
    ],
    [
      'rule 27: the type is `message` unless the stream names one',
      'data: a\n\nevent: x\ndata: b\n\n',
      {
        events: [event('a'), event('b', { type: 'x' })],
      },
    ],
    [
      'rule 27: keeps the last event ID when an event has none',
      'id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\ndata: d\n\n',
      {
        events: [
          event('a', { lastEventId: '1' }),
          event('b', { lastEventId: '1' }),
          event('c', { lastEventId: '2' }),
          event('d', { lastEventId: '2' }),
        ],
        lastEventId: '2',
      },
    ],
    [
      'rule 28: data and type end with their event',
      'event: x\ndata: a\n\ndata: b\n\n\ndata: c\n\n',
      {
        events: [event('a', { type: 'x' }), event('b'), event('c')],
      },
    ],
    [
      'T6: an event without an id has the ID of the previous stream',
      'data: a\n\n',
      { events: [event('a', { lastEventId: '9' })] },
      {
        lastEventId: '9',
        reconnectionTime: 1,
      },
    ],
    [
      'T6: a blank line keeps the ID of the stream before',
      '\n\nevent: x\n\n',
      {},
      { lastEventId: '9', reconnectionTime: 1 },
    ],
    [
      'T6: a forbidden id keeps the ID of the stream before',
      'id: \u0000\ndata: a\n\n',
      { events: [event('a', { lastEventId: '9' })] },
      {
        lastEventId: '9',
        reconnectionTime: 1,
      },
    ],
    [
      'T6: an id replaces the ID of the previous stream',
      'data: a\n\nid: 1\ndata: b\n\n',
      {
        events: [event('a', { lastEventId: '9' }), event('b', { lastEventId: '1' })],
        lastEventId: '1',
      },
      { lastEventId: '9', reconnectionTime: 1 },
    ],
  ] satisfies Row[]);

  test('T6: a new stream knows the ID of the last one, but nothing that it left unfinished', () => {
    const first = interpret([bytes('id: 1\nretry: 5\ndata: a\n\nevent: x\nid: 2\ndata: b\ndata: c\r')]);
    const second = interpret([bytes('\ndata: d\n\n')], first);
    expect(second).toMatchObject({
      events: [event('d', { lastEventId: '1' })],
      lastEventId: '1',
      reconnectionTime: 5,
    });
  });

  test('T8: a caller that leaves after an event of a chunk knows the ID of that event', () => {
    const stream = bytes('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\n\nid: 4\ndata: c\n\n');
    for (const [way, chunks] of waysToCut(stream)) {
      const left = [1, 2, 3].map((count) =>
        interpret(chunks, FRESH, { leaves: ({ length }) => length === count }),
      );
      expect(
        left.map(({ lastEventId }) => lastEventId),
        way,
      ).toEqual(['1', '2', '4']);
      expect(
        left.map(({ events }) => events.map(({ data }) => data).join('')),
        way,
      ).toEqual(['a', 'ab', 'abc']);
    }
  });

  test('T8: a caller that leaves after an event has no reconnection time from after it', () => {
    const stream = bytes('retry: 5\ndata: a\n\nretry: 6\n\n');
    expect(interpret([stream], FRESH, { leaves: () => true }).reconnectionTime).toBe(5);
  });

  test('T12: only a server that sets the reconnection time has us wait a least time, that 0 is no hot loop', () => {
    expect(interpret([bytes('retry: -1\nid: 1\ndata\n\n')]).retries).toEqual([]);
    expect(interpret([bytes('retry\nretry:\nretry: \n')]).retries).toEqual([]);
    expect(interpret([bytes('retry: 7\nretry: 7\nretry: x\nretry: 8\n')]).retries).toEqual([7, 7, 8]);
    expect(interpret([bytes('retry: 0\n')]).retries).toEqual([0]);
  });

  test.each([
    ['an event', 'data\n\n', true],
    ['a comment', ':\n', true],
    ['an id', 'id: 1\n', true],
    ['a reconnection time', 'retry: 5\n\n', false],
    ['a forbidden id', 'id: \0\n\n', false],
    ['an event that never ended', 'event: x\ndata: a\n', false],
    ['half a comment', ': a', false],
    ['fields that are not known', 'foo: a\nData: b\nID\n\n', false],
    ['blank lines', '\n\r\n\r', false],
    ['a byte order mark', '\uFEFF', false],
    ['nothing', '', false],
  ])('T12: knows whether a stream delivered anything: %s', (_what, input, hasDelivered) => {
    for (const [way, chunks] of waysToCut(bytes(input))) {
      expect(interpret(chunks).hasDelivered, way).toBe(hasDelivered);
    }
  });
});

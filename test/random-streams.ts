import fc from 'fast-check';
import { BOM, bytes, cutAt } from './interpret.js';
import type { Source } from './reference-interpreter.js';

/** A stream as a network might deliver it, and a source that may be closed while it is read. */
export interface RandomStream {
  readonly input: Uint8Array;
  readonly chunks: readonly Uint8Array[];
  readonly source: Source;
  /** After how many events and comments the caller leaves. */
  readonly leaveAfter: number;
  readonly wantsComments: boolean;
}

// Uniformly random bytes hardly ever make a line that means anything. So these are whole lines, line ends, and here and
// there something that does not belong.

const text = (...texts: string[]) => fc.constantFrom(...texts).map((one) => bytes(one));

const ending = fc.constantFrom('\n', '\n', '\r', '\r\n');
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('data', 'data', 'event', 'id', 'id', 'retry') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('', 'foo', 'dat', 'datax', ' data', 'Data', '\uFEFFdata', 'id\u0000', 'é'),
  },
);
const value = fc.oneof(
  fc.constantFrom(
    ...['', 'a', 'x', ' ', '  a ', '\ta', 'a:b', ':'],
    ...['\u0000', 'a\u0000', '\uFEFF', '\uFEFFa', '\u2028', '\u0085'],
  ),
  fc.constantFrom('0', '007', '10', '2592000000', '9'.repeat(400), '10x', '+5', '-1', ' 5', '1e3', '٣'),
  fc.constantFrom('é', '€', '😀', 'a😀b', '\uFFFD'),
  fc.array(fc.nat(0x10ffff), { maxLength: 6 }).map((codePoints) => String.fromCodePoint(...codePoints)),
);
const colon = fc.constantFrom('', ':', ': ', ': ', ':  ');
const invalid = fc
  .constantFrom(
    ...[[0x80], [0xff], [0xc0, 0x8a], [0xc3], [0xe2], [0xe2, 0x82], [0xef], [0xef, 0xbb]],
    ...[
      [0xed, 0xa0, 0x80],
      [0xf0, 0x9f],
      [0xf0, 0x9f, 0x98],
      [0xf4, 0x90, 0x80, 0x80],
    ],
  )
  .map((sequence) => bytes(sequence));
const inValue = fc.oneof(
  { weight: 9, arbitrary: value },
  { weight: 1, arbitrary: fc.tuple(value, invalid, value).map((parts) => bytes(...parts)) },
);
const line = fc.tuple(name, colon, inValue, ending).map((parts) => bytes(...parts));
const piece = fc.oneof(
  { weight: 12, arbitrary: line },
  { weight: 5, arbitrary: ending.map((end) => bytes(end)) },
  { weight: 1, arbitrary: text('data', 'data:', 'id: 1', 'retry: 5', ':', ' ') },
  { weight: 1, arbitrary: fc.constant(bytes(BOM)) },
  { weight: 2, arbitrary: invalid },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }) },
);
const start = fc.constantFrom([], [], BOM, [...BOM, ...BOM]);
const short = fc
  .tuple(start, fc.array(piece, { maxLength: 24 }))
  .map(([first, pieces]) => bytes(first, ...pieces));

// Long enough for anything that an interpreter handles differently when there is much of it: one line, or many.

const LONG = 20_000;
const unit = fc.constantFrom('a', '0', '\u0000', 'é', '€', '😀');
/** The beginning of a long line, up to its value. Some never have a colon, or have it late. */
const longName = fc.constantFrom(
  ...['data:', 'data: ', 'event:', 'id:', 'retry:', ':', 'foo:'],
  ...['', 'data', 'event', 'id', 'retry', 'foo', 'd'],
);
const repeat = (text: string, size: number) => text.repeat(Math.ceil(size / bytes(text).length));
/** What may have begun before. */
const before = fc.tuple(short, fc.constantFrom('', 'data: a\n')).map((pieces) => bytes(...pieces));
const longLine = fc
  .tuple(longName, unit, fc.nat(LONG), ending)
  .map(([start, text, size, end]) => bytes(start, repeat(text, size), end));
/** One event, unless the field has another name. */
const longLines = fc
  .tuple(longName, unit, fc.nat(2_000), ending, fc.nat(LONG))
  .map(([start, text, size, end, sum]) => bytes(repeat(start + repeat(text, size) + end, sum)));
const manyPieces = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.nat(LONG))
  .map(([pieces, size]) => {
    const block = bytes(...pieces);
    return bytes(...Array<Uint8Array>(Math.ceil(size / (block.length + 1))).fill(block));
  });
/** Where an interpreter might divide its input: line ends and characters lie before, at or across powers of two. */
const boundary = fc
  .tuple(
    longName,
    fc.constantFrom('a', '€', 'data: a\n', ': é\r', 'id: 1\r\ndata: a\r\n\r\n'),
    fc.constantFrom(10, 11, 12, 13, 14, 14, 14, 15),
    fc
      .constantFrom('\r\n', '\r\n', '\r\n\r\n', '\n\n', '\r\r', 'é', '€', '😀', '\uFEFF')
      .map((spot) => bytes(spot)),
    fc.nat(3),
    before,
  )
  .map(([start, filler, exponent, spot, shift, first]) => {
    const end = 2 ** exponent - (shift % spot.length);
    const missing = Math.max(0, end - first.length - start.length);
    const fill = bytes(repeat(filler, missing));
    return bytes(first, start, fill.subarray(fill.length - missing), spot);
  });
const long = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: boundary },
      ...[longLine, longLines, manyPieces].map((arbitrary) => ({
        weight: 1,
        arbitrary: fc.tuple(before, arbitrary).map((pieces) => bytes(...pieces)),
      })),
    ),
    fc.constantFrom('', 'data: b\n'),
    short,
  )
  .map((pieces) => bytes(...pieces));

/** In the style of language model servers, of a wiki's changes, of web frameworks and of the standard's examples. */
const REAL = [
  'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n' +
    'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Grüße, 世界 🎉"}}]}\n\ndata: [DONE]\n\n',
  'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","content":[]}}\n\n' +
    'event: ping\ndata: {"type": "ping"}\n\n' +
    'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"Héllo"}}\n\n',
  ':ok\n\nevent: message\nid: [{"topic":"eqiad.recentchange","partition":0,"timestamp":1700000000001},' +
    '{"topic":"codfw.recentchange","partition":0,"offset":-1}]\ndata: {"title":"Категория:Ёж","bot":false}\n\n',
  '\uFEFFretry:3000\r\nid:7\r\ndata:first\r\ndata:\r\ndata:third\r\n\r\n:heartbeat\r\n\r\nid\r\ndata:x\r\n\r\n',
  ': test stream\r\rdata: first event\rid: 1\r\rdata:second event\rid\r\rdata:  third event\r\rretry: 10000\r',
].map((stream) => bytes(stream));

type Edit = (stream: number[], at: number) => unknown;

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.integer({ min: 1, max: 9 }).map<Edit>((count) => (stream, at) => stream.splice(at, count)),
  piece.map<Edit>((inserted) => (stream, at) => stream.splice(at, 0, ...inserted)),
  fc
    .integer({ min: 1, max: 40 })
    .map<Edit>((count) => (stream, at) => stream.splice(at, 0, ...stream.slice(at, at + count))),
  fc.nat(7).map<Edit>((bit) => (stream, at) => stream.splice(at, 1, (stream[at] ?? 0) ^ (1 << bit))),
  fc.constant<Edit>((stream, at) => stream.splice(at)),
);
const mutated = fc
  .tuple(fc.constantFrom(...REAL), fc.array(fc.tuple(edit, fc.nat()), { maxLength: 4 }))
  .map(([original, edits]) => {
    const stream = [...original];
    for (const [change, at] of edits) change(stream, at % (stream.length + 1));
    return Uint8Array.from(stream);
  });

const body = fc.oneof(
  { weight: 66, arbitrary: short },
  { weight: 22, arbitrary: mutated },
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 8, arbitrary: long },
);
/** Reveals what the body has left unfinished, if anything. */
const tail = text('', '\n\n', '\n\ndata: z\n\n');
const input = fc.tuple(body, tail).map((parts) => bytes(...parts));

/** Positions at which to cut an input. */
type Cut = (input: Uint8Array) => number[];

/** At regular distances. Long inputs are cut only here and there, because a million tiny chunks take too long. */
const every =
  (size: number): Cut =>
  ({ length }) => {
    const positions: number[] = [];
    for (let at = size; at < length; at += size) {
      if (size > 9 || length < 1_000 || at % 1_024 < 32) positions.push(at);
    }
    return positions;
  };
/** Before and after each line end. */
function findEnds(input: Uint8Array): number[] {
  const ends: number[] = [];
  for (let at = 0; at < input.length; at++) {
    if (input[at] === 10 || input[at] === 13) ends.push(at, at + 1);
  }
  return ends;
}
const picks = fc.array(fc.nat(), { maxLength: 24 });
const cut = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Cut>(() => []) },
  {
    weight: 4,
    arbitrary: picks.map<Cut>(
      (positions) =>
        ({ length }) =>
          positions.map((position) => position % (length + 1)),
    ),
  },
  {
    weight: 3,
    arbitrary: picks.map<Cut>((positions) => (input) => {
      const ends = findEnds(input);
      return ends.length ? positions.map((position) => ends[position % ends.length] as number) : [];
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .oneof(fc.integer({ min: 2, max: 9 }), fc.constantFrom(1_024, 1_460, 4_096, 16_384))
      .map(every),
  },
  { weight: 2, arbitrary: fc.constant(every(1)) },
  // with empty chunks in between
  { weight: 1, arbitrary: fc.constant<Cut>((input) => [...every(1)(input), ...every(1)(input)]) },
);

/** One character per byte, as an expression that can be pasted into a test. */
const show = (chunk: Uint8Array) =>
  JSON.stringify(String.fromCharCode(...chunk))
    .replace(/[\x7f-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`)
    .replace(/(.{1,12}?)\1{19,}/g, (all, unit) => `" + "${unit}".repeat(${all.length / unit.length}) + "`);

export const randomStream: fc.Arbitrary<RandomStream> = fc
  .record({
    input,
    cut,
    source: fc.record({ lastEventId: fc.constantFrom('', '', 'before'), reconnectionTime: fc.nat() }),
    leaveAfter: fc.oneof(
      { weight: 3, arbitrary: fc.constant(Infinity) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }) },
    ),
    wantsComments: fc.constantFrom(true, true, false),
  })
  .map(({ input, cut, source, ...caller }) => {
    const chunks = cutAt(input, cut(input));
    const describe = () =>
      `${fc.stringify({ ...source, ...caller })}, chunks: [${chunks.map(show).join(', ')}]`;
    return { input, chunks, source, ...caller, [fc.toStringMethod]: describe };
  });

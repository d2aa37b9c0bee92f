// The event streams to measure: what servers send, and what is hard to parse. Every run gets the same bytes.

/** Numbers from 0 to below 1, the same for the same seed: mulberry32. The corpora must not differ between processes. */
export function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS =
  'the of and to in is that for it as was with be by on not he his but at are this have from or'.split(' ');
const WIDE = ['Ωμέγα', 'событие', '受信した', '사건의', 'étudié', 'نص', '🌊🚀', 'übermäßig', '流れ', '👩‍💻'];

const pick = (list, random) => list[Math.floor(random() * list.length)];
const repeat = (count, make) => Array.from({ length: count }, make);

const token = (index, random) =>
  `{"id":"chatcmpl-9xKq2","object":"chat.completion.chunk","created":${1_700_000_000 + index},` +
  `"choices":[{"index":0,"delta":{"content":" ${pick(WORDS, random)}"}}]}`;

const lines = (count, random) => repeat(count, () => repeat(6, () => pick(WORDS, random)).join(' '));

/** Makes the data of event number `index`, and its text without the empty line at the end. */
const make = {
  'LLM tokens': (index, random) => one(token(index, random)),
  'typed tokens': (_, random) => {
    const data = `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" ${pick(WORDS, random)}"}}`;
    return { data, wire: `event: content_block_delta\ndata: ${data}\n` };
  },
  'tiny events': () => one('1'),
  '1 KB JSON': (index, random) => {
    const data = JSON.stringify({ index, text: repeat(190, () => pick(WORDS, random)).join(' ') });
    return { data, wire: `id: ${1_700_000_000_000 + index}-0\nevent: update\nretry: 3000\ndata: ${data}\n` };
  },
  '20 lines': (_, random) => many(lines(20, random)),
  CRLF: (index, random) => one(token(index, random), '\r\n'),
  'CR only': (index, random) => one(token(index, random), '\r'),
  '64 KB lines': (_, random) =>
    one(repeat(4, () => repeat(4000, () => pick(WORDS, random)).join(' ')).join('')),
  'UTF-8': (_, random) => one(repeat(20, () => pick(WIDE, random)).join(' ')),
  // one event at the end, to have something to count
  'comments only': (index, random, isLast) =>
    isLast ? one('end') : { wire: `: keep-alive ${index} ${pick(WORDS, random)}\n` },
};

function one(data, end = '\n') {
  return { data, wire: `data: ${data}${end}`, end };
}

function many(data) {
  return { data: data.join('\n'), wire: data.map((line) => `data: ${line}\n`).join('') };
}

export const corpora = Object.keys(make);

/** Chunk sizes in bytes, or one event per chunk. */
export const chunkings = {
  '64 KiB': 65_536,
  '16 KiB': 16_384,
  '1,460 B': 1460,
  '64 B': 64,
  '1 B': 1,
  'an event': 'event',
};

/**
 * An event stream of about `size` bytes.
 * @returns {{ blocks: Uint8Array[], payloads: string[], events: number, length: number }} its events as bytes; their
 *   data; how many there are; the sum of the lengths of their data, against which clients are checked.
 */
export function makeCorpus(name, size) {
  const random = makeRandom(42);
  const blocks = [];
  const payloads = [];
  for (let index = 0, bytes = 0; bytes < size; index++) {
    const isLast = bytes > size - 40;
    const { data, wire, end = '\n' } = make[name](index, random, isLast);
    const block = Buffer.from(wire + end);
    blocks.push(block);
    bytes += block.length;
    if (data !== undefined) payloads.push(data);
    if (isLast && name === 'comments only') break;
  }
  // a comment last, because some parsers take a CR as the end of a line only when they see what follows
  if (name.startsWith('CR')) blocks.push(Buffer.from(':\r'));
  const length = payloads.reduce((sum, data) => sum + data.length, 0);
  return { blocks, payloads, events: payloads.length, length };
}

/** The size of the corpus that the server repeats in its streams, in bytes. */
export const REPEATED = 2 ** 18;

/** The number of bytes in a stream of `events` events from the server, and the sum of the lengths of their data. */
export function totalsOf(corpus, events) {
  const { blocks, payloads } = makeCorpus(corpus, REPEATED);
  const sum = (list) => list.reduce((total, { length }) => total + length, 0);
  const total = (list) =>
    sum(list) * Math.floor(events / list.length) + sum(list.slice(0, events % list.length));
  return { bytes: total(blocks), length: total(payloads) };
}

/** Cuts a stream into chunks, each with its own memory, as from a network. */
export function cut(blocks, size) {
  if (size === 'event') return blocks.map((block) => new Uint8Array(block));
  const bytes = new Uint8Array(Buffer.concat(blocks));
  return repeat(Math.ceil(bytes.length / size), (_, index) => bytes.slice(index * size, (index + 1) * size));
}

// The event streams that are measured: what servers send, and what is hard to parse. The same bytes in every run.

/** A small generator of numbers from 0 to 1: the corpora must not differ between processes. */
function makeRandom(seed) {
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

/** Makes the data of an event number `index` and how it is written, all but the empty line after it. */
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
  // one event at the end, so that there is something to count
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

/** In bytes, or one event each. */
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
 * @returns {{ blocks: Uint8Array[], payloads: string[], events: number, length: number }} its events as they are
 *   written; their data; how many there are; the sum of the data's lengths, which is the check on what clients give.
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
  // a comment last, since some take no CR for the end of a line until they see what comes next
  if (name.startsWith('CR')) blocks.push(Buffer.from(':\r'));
  const length = payloads.reduce((sum, data) => sum + data.length, 0);
  return { blocks, payloads, events: payloads.length, length };
}

/** The size of what the server makes its streams of, in bytes: a corpus that it repeats. */
export const REPEATED = 2 ** 18;

/** What there is in a stream of so many events from the server: bytes, and the sum of the data's lengths. */
export function totalsOf(corpus, events) {
  const { blocks, payloads } = makeCorpus(corpus, REPEATED);
  const sum = (list) => list.reduce((total, { length }) => total + length, 0);
  const total = (list) =>
    sum(list) * Math.floor(events / list.length) + sum(list.slice(0, events % list.length));
  return { bytes: total(blocks), length: total(payloads) };
}

/** Cuts a stream into chunks, each with memory of its own, as they come from a network. */
export function cut(blocks, size) {
  if (size === 'event') return blocks.map((block) => new Uint8Array(block));
  const bytes = new Uint8Array(Buffer.concat(blocks));
  return repeat(Math.ceil(bytes.length / size), (_, index) => bytes.slice(index * size, (index + 1) * size));
}

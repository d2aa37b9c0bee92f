// How much memory does a small string of each event keep alive? Engines may return a part of a text as a view of the
// whole, which then stays in memory.
import { adapt, bundleOurs, consume, labelOf, OURS, parsers } from './clients.js';
import { cut } from './corpora.js';
import { interleave, save } from './stats.js';
import { answerCalls, startWorker, workerArgs } from './worker.js';

const EVENTS = 4000;
const TEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(30);

const event = (index, size, id = '') => Buffer.from(`${id}data: ${index} ${TEXT.slice(0, size)}\n\n`);

/** The content of the stream, and what is kept of each event; `undefined` means nothing. */
const cases = {
  'data of 30 B between events of 1 KB': {
    make: (index) => event(index, index % 2 ? 24 : 1000),
    keep: (data) => (data.length < 100 ? data : undefined),
    kept: EVENTS / 2,
  },
  'IDs of events of 1 KB': {
    make: (index) => event(index, 1000, `id: 1700000000000-${10_000_000 + index}\n`),
    keep: (_, lastEventId) => lastEventId,
    kept: EVENTS,
  },
  '20 characters of data of 1 KB': {
    make: (index) => event(index, 1000),
    keep: (data) => data.slice(0, 20),
    kept: EVENTS,
  },
};

function used() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function* chunksOf(make, size) {
  for (let index = 0; index < EVENTS; index += 500)
    yield* cut(
      Array.from({ length: 500 }, (_, offset) => make(index + offset)),
      size,
    );
}

async function work([name]) {
  const parser = await parsers[name]();
  answerCalls(async ({ what, chunk }) => {
    const { make, keep, kept } = cases[what];
    const strings = [];
    const take = async (onEvent) => {
      // one piece at a time, as from a network
      function* chunks() {
        for (const bytes of chunksOf(make, chunk)) yield adapt(parser, [bytes])[0];
      }
      await consume(parser, chunks(), onEvent);
    };
    await take(() => {});
    const before = used();
    await take((data, lastEventId) => {
      const string = keep(data, lastEventId);
      if (string !== undefined) strings.push(string);
    });
    const bytesEach = (used() - before) / kept;
    if (strings.length !== kept) return { verdict: 'wrong result' };
    return { bytesEach };
  });
}

async function main() {
  await bundleOurs();
  const names = [OURS, ...Object.keys(parsers).filter((name) => name !== OURS)];
  const cells = [];
  for (const what of Object.keys(cases)) {
    const results = await interleave(names, async (name) => {
      const worker = startWorker(import.meta.filename, [name], ['--expose-gc']);
      try {
        return await worker.call({ what, chunk: 16_384 });
      } finally {
        await worker.stop();
      }
    });
    cells.push({ what, results });
    console.log(`${what}: bytes for each string kept`);
    for (const name of names)
      console.log(`  ${results[name].bytesEach?.toFixed(0) ?? results[name].verdict}  ${labelOf(name)}`);
  }
  save('retention', {
    events: EVENTS,
    chunk: 16_384,
    labels: Object.fromEntries(names.map((name) => [name, labelOf(name)])),
    cells,
  });
}

await (workerArgs ? work(workerArgs) : main());

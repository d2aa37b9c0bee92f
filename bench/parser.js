// How fast do bytes in memory become events? Every parser with every corpus and every chunk size.
import { writeFileSync } from 'node:fs';
import { adapt, bundleOurs, consume, DECODER, labelOf, limits, OURS, parsers } from './clients.js';
import { chunkings, corpora, cut, makeCorpus } from './corpora.js';
import { interleave, isQuick, machine, save } from './stats.js';
import { answerCalls, startWorker, workerArgs } from './worker.js';

/** In bytes. Small chunks take longer, so they get less of a stream. */
const sizes = { '64 B': 2 ** 17, '1 B': 2 ** 14 };
const SIZE = 2 ** 18;

/** Many short rounds, because noise comes in bursts. */
const ROUNDS = isQuick ? 7 : 11;

/** The least time that a sample runs, in microseconds of CPU. */
const SAMPLE = 4000;

/** The longest warm-up of a parser before it is measured, in the same unit. */
const WARM_UP = 60 * SAMPLE;

/** The warm-up ends sooner after this many samples in a row that are no faster than those before. */
const CALM = 10;

/** In microseconds of CPU. A parser that takes longer for a stream is far behind, and gets one round. */
const SLOW = 10 * SAMPLE;

/** The longest time that a stream may take at all, in milliseconds. */
const PATIENCE = 2000;

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

function* within(chunks, deadline) {
  for (const chunk of chunks) {
    if (performance.now() > deadline) throw new Error('too slow');
    yield chunk;
  }
}

/** Answers `{ chunking }` with what the client delivered and how it did, then `'sample'` with its speed. */
async function work([name, corpus]) {
  const parser = await (parsers[name] ?? limits[name])();
  let chunks;
  let bytes;
  let repeats;
  let events = 0;
  let length = 0;
  const onEvent = (data) => {
    events++;
    length += data.length;
  };
  answerCalls(async (request) => {
    if (request === 'sample') return { megabytesPerSecond: await pace(repeats) };
    const { blocks, ...expected } = makeCorpus(corpus, sizes[request.chunking] ?? SIZE);
    chunks = adapt(parser, cut(blocks, chunkings[request.chunking]));
    bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    events = length = 0;
    const start = cpu();
    try {
      await consume(parser, within(chunks, performance.now() + PATIENCE), onEvent);
    } catch (error) {
      return { verdict: error.message === 'too slow' ? 'too slow' : 'fails' };
    }
    if (!limits[name] && (events !== expected.events || length !== expected.length))
      return { verdict: 'wrong result', events, expected: expected.events };
    // until the engine has settled: no recent batch was faster than those before
    let fastest = Infinity;
    for (let calm = 0; calm < CALM && (calm === 0 || cpu() - start < WARM_UP); calm++) {
      const batch = cpu();
      let runs = 0;
      do await consume(parser, chunks, onEvent);
      while (++runs && cpu() - batch < SAMPLE);
      const each = (cpu() - batch) / runs;
      if (each < fastest * 0.95) calm = 0;
      fastest = Math.min(fastest, each);
      if (fastest > SLOW && calm > 0) break;
    }
    if (fastest > SLOW) return { verdict: 'measured once', megabytesPerSecond: bytes / fastest };
    repeats = Math.ceil(SAMPLE / fastest);
    await pace(repeats);
    return {};
  });

  async function pace(times) {
    const start = cpu();
    for (let run = 0; run < times; run++) await consume(parser, chunks, onEvent);
    return (bytes * times) / (cpu() - start);
  }
}

async function main() {
  await bundleOurs();
  // to look at one parser; versions.js passes the peer and the file
  const { BENCH_CORPUS: only, BENCH_PEER: peer, BENCH_FILE: file } = process.env;
  const names = peer
    ? [OURS, peer, DECODER]
    : [OURS, ...Object.keys(parsers).filter((name) => name !== OURS), ...Object.keys(limits)];
  const cells = [];
  for (const corpus of corpora.filter((name) => !only || name === only)) {
    const workers = Object.fromEntries(
      names.map((name) => [name, startWorker(import.meta.filename, [name, corpus])]),
    );
    for (const chunking of Object.keys(chunkings)) {
      const sample = async (name, round) => {
        const first = round === 0 && (await workers[name].call({ chunking }));
        return first?.verdict ? first : workers[name].call('sample');
      };
      const results = await interleave(names, sample, {
        count: ROUNDS,
        limit: DECODER,
        key: 'megabytesPerSecond',
      });
      const peers = names.filter((name) => parsers[name] && name !== OURS && results[name].ratio);
      peers.sort((a, b) => results[b].ratio - results[a].ratio);
      cells.push({ corpus, chunking, best: peers[0], results });
      const [ours, best] = [results[OURS].ratio, results[peers[0]]?.ratio];
      console.log(
        `${corpus}, ${chunking}: ${ours?.toFixed(2)} × the decoder, ${(ours / best).toFixed(2)} × ${peers[0]}`,
      );
    }
    await Promise.all(Object.values(workers).map((worker) => worker.stop()));
  }
  const result = { labels: Object.fromEntries(names.map((name) => [name, labelOf(name)])), cells };
  if (file) writeFileSync(file, JSON.stringify({ machine: machine(), ...result }));
  else if (!only) save('parser', result);
}

await (workerArgs ? work(workerArgs) : main());

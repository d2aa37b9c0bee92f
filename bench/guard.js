// Checks that the library is still about as fast as it was. The ratio to what the platform does with the same bytes,
// measured together, is compared with the one in guard.json. Fails if a ratio has fallen by a quarter. `--record` writes
// ratios that are lower than the recorded ones, because the same code on the same machine gives ratios that differ by a
// quarter from hour to hour. To start over, delete the file and run this several times.
//
// Needs nothing from bench/node_modules.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { bundleOurs, DECODER, limits, OURS, parsers } from './clients.js';
import { chunkings, cut, makeCorpus } from './corpora.js';
import { startServer } from './server.js';
import { LEAST } from './sources.js';
import { median } from './stats.js';
import { answerCalls, startWorker, workerArgs } from './worker.js';

/** The lowest allowed ratio, relative to the recorded one. */
const TOLERANCE = 0.75;

const PARSER_CELLS = [
  ['LLM tokens', '16 KiB'],
  ['1 KB JSON', '16 KiB'],
  ['tiny events', '64 KiB'],
  ['UTF-8', '1,460 B'],
];
const PARSER_ROUNDS = 500;
const E2E_ROUNDS = 24;
const E2E = { corpus: 'LLM tokens', writes: '64 KB', events: 20_000 };

/** Fresh processes for each cell. The best counts, because engines do not always produce the same machine code. */
const ATTEMPTS = 3;

/** In one process per cell: the parser and the streaming decoder take turns, and each run is a sample. */
async function work([corpus, chunking]) {
  const loaded = [await limits[DECODER](), await parsers[OURS]()];
  const { blocks, events } = makeCorpus(corpus, 2 ** 18);
  const chunks = cut(blocks, chunkings[chunking]);
  let count = 0;
  const onEvent = () => count++;
  answerCalls(() => {
    const samples = loaded.map(() => []);
    for (let round = 0; round < PARSER_ROUNDS; round++) {
      for (const [index, parser] of loaded.entries()) {
        const start = process.hrtime.bigint();
        const feed = parser(onEvent);
        for (const chunk of chunks) feed(chunk);
        // the first ones warm up the engine
        if (round > PARSER_ROUNDS / 5) samples[index].push(Number(process.hrtime.bigint() - start));
      }
    }
    if (count !== events * PARSER_ROUNDS) throw new Error('The parser gave something else than there is');
    return ratioOf(samples);
  });
}

/** Other programs on the machine can only make a run slower, so the faster runs are the true ones. */
function ratioOf([limit, ours]) {
  const quick = (samples) => samples.sort((a, b) => a - b).slice(0, Math.ceil(samples.length / 4));
  return median(quick(limit)) / median(quick(ours));
}

async function bestOf(measure) {
  let best = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) best = Math.max(best, await measure());
  return best;
}

async function measureEndToEnd() {
  const server = await startServer();
  const { http } = server;
  const file = new URL('e2e.js', import.meta.url).pathname;
  const workers = [LEAST, OURS].map((name) => startWorker(file, [name]));
  const samples = workers.map(() => []);
  for (let round = 0; round < E2E_ROUNDS; round++) {
    for (const [index, worker] of workers.entries()) {
      const { cpu } = await worker.call({ where: { http }, ...E2E }, 20_000);
      if (round > E2E_ROUNDS / 5) samples[index].push(cpu);
    }
  }
  await Promise.all([server, ...workers].map((worker) => worker.stop()));
  return ratioOf(samples);
}

async function main() {
  await bundleOurs();
  const ratios = {};
  for (const cell of PARSER_CELLS) {
    ratios[cell.join(', ')] = await bestOf(async () => {
      const worker = startWorker(import.meta.filename, cell);
      const ratio = await worker.call('measure');
      await worker.stop();
      return ratio;
    });
  }
  ratios[`end to end, ${E2E.corpus}`] = await bestOf(measureEndToEnd);

  const file = new URL('guard.json', import.meta.url);
  const recorded = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const major = process.versions.node.split('.')[0];
  if (process.argv.includes('--record')) {
    recorded[major] = Object.fromEntries(
      Object.entries(ratios).map(([name, ratio]) => [
        name,
        Number(Math.min(ratio, recorded[major]?.[name] ?? Infinity).toPrecision(3)),
      ]),
    );
    writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
  }
  const known = recorded[major];
  if (!known) console.log(`Nothing is recorded for Node ${major}: npm run bench:guard -- --record`);
  for (const [name, ratio] of Object.entries(ratios)) {
    const isSlow = known && !(ratio >= known[name] * TOLERANCE);
    if (isSlow) process.exitCode = 1;
    console.log(
      `${isSlow ? 'SLOWER ' : ''}${name}: ${ratio.toPrecision(3)} of the limit's pace, was ${known?.[name]}`,
    );
  }
}

await (workerArgs ? work(workerArgs) : main());

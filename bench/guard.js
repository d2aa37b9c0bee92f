// Checks that an event costs no more work than it did. Work is counted in instructions, by Valgrind, in the reference
// Node: they hardly depend on how fast the machine is, or on what else runs there. Fails if a count has grown by more
// than a twentieth. `--record` writes the counts to guard.json.
//
// Needs Valgrind, and nothing from bench/node_modules.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { bundleOurs, OURS, parsers } from './clients.js';
import { chunkings, cut, makeCorpus } from './corpora.js';
import { nodeOf, REFERENCE } from './node.js';

/** The highest count, relative to the recorded one. */
const TOLERANCE = 1.05;

/** What feeds the chunks of a corpus and counts events: the interpreter by itself, or all that a user's program runs. */
const PARTS = {
  async interpreter(chunks, onEvent) {
    const parse = await parsers[OURS]();
    return () => {
      const feed = parse(onEvent);
      for (const chunk of chunks) feed(chunk);
    };
  },

  async class(chunks, onEvent) {
    const { FetchEventSource } = await import('../dist/index.js');
    const headers = { 'Content-Type': 'text/event-stream' };
    return () =>
      new Promise((resolve) => {
        const source = new FetchEventSource('https://example.org/', {
          fetch: async () => new Response(ReadableStream.from(chunks), { headers }),
          reconnect: false,
        });
        source.onmessage = onEvent;
        source.onerror = resolve;
      });
  },
};

const CELLS = [
  ['interpreter', 'LLM tokens', '16 KiB'],
  ['interpreter', 'tiny events', '64 KiB'],
  ['interpreter', 'UTF-8', '1,460 B'],
  ['class', 'LLM tokens', '64 KiB'],
  ['class', 'LLM tokens', 'an event'],
];

/** How often a corpus is read before the engine has made its machine code, and how often while instructions count. */
const WARM_UP = 30;
const ROUNDS = 20;

const CORPUS_SIZE = 2 ** 17;

/** Reads the corpus so often, and no more: what the process executes is counted from outside. */
async function work([part, corpus, chunking, rounds]) {
  const { blocks, events } = makeCorpus(corpus, CORPUS_SIZE);
  let count = 0;
  const read = await PARTS[part](cut(blocks, chunkings[chunking]), () => count++);
  for (let round = 0; round < rounds; round++) await read();
  if (count !== events * rounds) throw new Error(`${count} events came, not ${events * rounds}`);
}

const execute = promisify(execFile);

/** Instructions of a whole process. Node runs on one thread, so that each run takes the same course. */
async function countInstructions(cell, rounds) {
  const valgrind = ['--tool=lackey', '--basic-counts=yes', '--smc-check=all-non-file'];
  const node = ['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1'];
  const command = [nodeOf(REFERENCE), ...node, import.meta.filename, '--work', ...cell, `${rounds}`];
  const { stderr } = await execute('valgrind', [...valgrind, ...command]);
  return Number(/guest instrs: +([\d,]+)/.exec(stderr)[1].replaceAll(',', ''));
}

/** Instructions that an event takes once the engine is warm. */
async function measure(cell) {
  const [, corpus] = cell;
  const { events } = makeCorpus(corpus, CORPUS_SIZE);
  const before = await countInstructions(cell, WARM_UP);
  const after = await countInstructions(cell, WARM_UP + ROUNDS);
  return Math.round((after - before) / ROUNDS / events);
}

async function main() {
  await bundleOurs();
  const counts = Object.fromEntries(CELLS.map((cell) => [cell.join(', '), 0]));
  const left = [...CELLS];
  const takeTurns = async () => {
    for (let cell = left.shift(); cell; cell = left.shift()) counts[cell.join(', ')] = await measure(cell);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, takeTurns));

  const file = new URL('guard.json', import.meta.url);
  const recorded = JSON.parse(readFileSync(file, 'utf8'));
  const isRecording = process.argv.includes('--record');
  for (const [name, count] of Object.entries(counts)) {
    const isMore = !isRecording && !(count <= recorded[name] * TOLERANCE);
    if (isMore) process.exitCode = 1;
    console.log(`${isMore ? 'MORE ' : ''}${name}: ${count} instructions an event, were ${recorded[name]}`);
  }
  if (isRecording) writeFileSync(file, `${JSON.stringify(counts, null, 2)}\n`);
}

await (process.argv[2] === '--work' ? work(process.argv.slice(3)) : main());

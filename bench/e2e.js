// From a server's bytes over loopback to `onmessage`: what does an event cost the client, in CPU?
import { labelOf } from './clients.js';
import { totalsOf } from './corpora.js';
import { startServer } from './server.js';
import { DRAIN, sourceOf, sources } from './sources.js';
import { interleave, isQuick, save } from './stats.js';
import { answerCalls, startWorker, workerArgs } from './worker.js';

const EVENTS = isQuick ? 40_000 : 200_000;

/** Many, because a stream is short and noise comes in bursts. */
const ROUNDS = isQuick ? 3 : 15;

/** The number of events in the stream that tells whether a client is too slow to wait for. */
const TRIAL = 10_000;

/** The number of events before those that are measured: with fewer, ratios differ by more than 5 % from run to run. */
const WARM_UP = isQuick ? 20_000 : 100_000;

/** In seconds. A client that takes longer for a stream is measured once, with a shorter stream. */
const PATIENCE = 6;

const cells = [
  { corpus: 'LLM tokens', writes: '64 KB' },
  { corpus: 'LLM tokens', writes: 'event' },
  { corpus: '1 KB JSON', writes: '64 KB', events: EVENTS / 5 },
];

/** Answers with the cost of one stream. The process lives for a cell, and has read streams before the first round. */
async function work([name]) {
  const open = await sourceOf(name).load();
  answerCalls(({ where, corpus, writes, events }) => {
    const totals = totalsOf(corpus, events);
    return new Promise((resolve) => {
      const start = process.cpuUsage();
      const began = performance.now();
      let count = 0;
      let length = 0;
      let bytes = 0;
      const finish = () => {
        const { user, system } = process.cpuUsage(start);
        close();
        const isRight = bytes === totals.bytes || length === totals.length;
        if (!isRight) resolve({ verdict: 'wrong result' });
        // per 100,000 events
        else
          resolve({ cpu: (user + system) / events / 10, wall: ((performance.now() - began) / events) * 100 });
      };
      const close = open(
        where,
        `/stream/${encodeURIComponent(corpus)}/${events}/${writes === 'event' ? writes : '64'}`,
        {
          onOpen() {},
          onEvent(data) {
            length += data.length;
            if (++count === events) finish();
          },
          onChunk(chunk) {
            bytes += chunk.length;
            if (bytes === totals.bytes) finish();
          },
        },
      );
    });
  });
}

async function main() {
  const server = await startServer();
  const { http, ws } = server;
  const names = Object.keys(sources);
  const results = [];
  for (const { corpus, writes, events = EVENTS } of cells) {
    const workers = Object.fromEntries(
      names.map((name) => [name, startWorker(import.meta.filename, [name], sources[name].execArgv)]),
    );
    const ask = (name, count) =>
      workers[name].call({ where: { http, ws }, corpus, writes, events: count }, 60_000);
    const sample = async (name, round) => {
      if (round === 0) {
        await ask(name, TRIAL);
        const { wall, cpu } = await ask(name, TRIAL);
        if ((wall * events) / 100_000 > PATIENCE) return { verdict: 'measured once', wall, cpu };
        await ask(name, WARM_UP);
      }
      return ask(name, events);
    };
    const clients = await interleave(names, sample, { count: ROUNDS, limit: DRAIN, key: 'cpu' });
    results.push({ corpus, writes, events, clients });
    console.log(`${corpus}, ${writes} a write: client CPU ÷ that of the drain`);
    for (const name of names)
      console.log(`  ${clients[name].ratio?.toFixed(2) ?? clients[name].verdict}  ${labelOf(name)}`);
    await Promise.all(Object.values(workers).map((worker) => worker.stop()));
  }
  await server.stop();
  save('e2e', {
    labels: Object.fromEntries(names.map((name) => [name, labelOf(name)])),
    kinds: Object.fromEntries(names.map((name) => [name, sources[name].kind])),
    cells: results,
  });
}

await (workerArgs ? work(workerArgs) : main());

// How long does an event take from the server's write to the handler, when events come one by one?
import { labelOf } from './clients.js';
import { startServer } from './server.js';
import { DRAIN, sources } from './sources.js';
import { interleave, isQuick, quantile, save } from './stats.js';
import { answerCalls, startWorker, workerArgs } from './worker.js';

/** Between two events, in milliseconds. */
const SPACING = 2;

const EVENTS = isQuick ? 200 : 1000;

/** Events of a first stream, a millisecond apart. Until it has read that many, the engine still compiles code. */
const WARM_UP = isQuick ? 1000 : 3000;

/** Answers with quantiles of one stream's delays, in microseconds. All processes of a machine share the clock. */
async function work([name]) {
  const open = await sources[name].load();
  let isWarm = false;

  /** The delays of the events of a stream. */
  const measure = (where, spacing, count) =>
    new Promise((resolve) => {
      const delays = [];
      const take = (data) => {
        delays.push(Number(process.hrtime.bigint() - BigInt(data)) / 1000);
        if (delays.length < count) return;
        close();
        resolve(delays);
      };
      const close = open(where, `/ticks/${spacing}/${count}`, {
        onOpen() {},
        onEvent: take,
        onChunk(bytes) {
          for (const [data] of Buffer.from(bytes).toString().matchAll(/\d+/g)) take(data);
        },
      });
    });

  answerCalls(async (where) => {
    if (!isWarm) await measure(where, 1, WARM_UP);
    isWarm = true;
    const delays = await measure(where, SPACING, EVENTS);
    return { p50: quantile(delays, 0.5), p90: quantile(delays, 0.9), p99: quantile(delays, 0.99) };
  });
}

async function main() {
  const server = await startServer();
  const { http, ws } = server;
  const names = Object.keys(sources);
  const workers = Object.fromEntries(
    names.map((name) => [name, startWorker(import.meta.filename, [name], sources[name].execArgv)]),
  );
  const clients = await interleave(names, (name) => workers[name].call({ http, ws }, 30_000));
  await Promise.all([server, ...Object.values(workers)].map((worker) => worker.stop()));
  for (const result of Object.values(clients))
    for (const key of ['p50', 'p90', 'p99']) result[`${key}Ratio`] = result[key] / clients[DRAIN][key];
  for (const name of names) {
    const { p50Ratio, p99Ratio, p50, p99 } = clients[name];
    console.log(
      `${labelOf(name)}: p50 ${p50Ratio?.toFixed(2)} ×, p99 ${p99Ratio?.toFixed(2)} × that of the drain ` +
        `(${p50?.toFixed(0)} and ${p99?.toFixed(0)} µs)`,
    );
  }
  save('latency', {
    spacing: SPACING,
    events: EVENTS,
    labels: Object.fromEntries(names.map((name) => [name, labelOf(name)])),
    clients,
  });
}

await (workerArgs ? work(workerArgs) : main());

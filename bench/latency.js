// How long from a server's write to the handler, when events come one by one?
import { labelOf } from './clients.js';
import { startServer } from './server.js';
import { DRAIN, sources } from './sources.js';
import { interleave, isQuick, quantile, save } from './stats.js';
import { answerCalls, startWorker, workerArgs } from './worker.js';

/** In milliseconds between two events. */
const SPACING = 2;

const EVENTS = isQuick ? 200 : 350;

/** Events that come before the engine and the connection have warmed up. */
const WARM_UP = 50;

/** Answers with quantiles of one stream's delays in microseconds. All processes of a machine share the clock. */
async function work([name]) {
  const open = await sources[name].load();
  answerCalls((where) => {
    const delays = [];
    return new Promise((resolve) => {
      const take = (data) => {
        delays.push(Number(process.hrtime.bigint() - BigInt(data)) / 1000);
        if (delays.length < WARM_UP + EVENTS) return;
        close();
        const measured = delays.slice(WARM_UP);
        resolve({
          p50: quantile(measured, 0.5),
          p90: quantile(measured, 0.9),
          p99: quantile(measured, 0.99),
        });
      };
      const close = open(where, `/ticks/${SPACING}/${WARM_UP + EVENTS}`, {
        onOpen() {},
        onEvent: take,
        onChunk(bytes) {
          for (const [data] of Buffer.from(bytes).toString().matchAll(/\d+/g)) take(data);
        },
      });
    });
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

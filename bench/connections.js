// What does an idle stream cost? With many open: the memory of each, the time to open them, and the time until an event
// has reached all.
import { labelOf, OURS } from './clients.js';
import { startServer } from './server.js';
import { DRAIN, sources } from './sources.js';
import { interleave, isQuick, save } from './stats.js';
import { answerCalls, startWorker, workerArgs } from './worker.js';

const counts = isQuick ? [500] : [1000, 5000];

/** The clients that are also measured with the most streams. */
const few = [OURS, DRAIN, 'eventsource', 'eventsource-client', 'ws'];

/** How many are opened at a time, so that none is refused. */
const OPENING = 100;

const rest = () => new Promise((resolve) => setTimeout(resolve, 50));

async function memory() {
  for (let round = 0; round < 2; round++) {
    globalThis.gc();
    await rest();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { rss: process.memoryUsage.rss(), heap: heapUsed + external };
}

/** Answers `{ where, count }` with the cost of opening, then `'delivered'` once all have got an event. */
async function work([name]) {
  const open = await sources[name].load();
  const path = '/idle';
  let received = 0;
  let lastAt = 0n;
  let sentAt;
  let onAll;
  answerCalls(async (request) => {
    if (request === 'delivered') {
      if (received < onAll.count) await new Promise((resolve) => Object.assign(onAll, { resolve }));
      return { deliver: Number(lastAt - sentAt) / 1e6 };
    }
    const { where, count } = request;
    onAll = { count };
    const take = (data) => {
      sentAt ??= BigInt(data);
      if (++received < count) return;
      lastAt = process.hrtime.bigint();
      onAll.resolve?.();
    };
    const openOne = () =>
      new Promise((resolve) => {
        closers.push(
          open(where, path, {
            onOpen: resolve,
            onEvent: take,
            onChunk: (bytes) => take(/\d+/.exec(Buffer.from(bytes).toString())[0]),
          }),
        );
      });
    const closers = [];
    // code and pools for the first stream are not counted
    await openOne();
    const before = await memory();
    const start = performance.now();
    let opened = 1;
    const openNext = async () => {
      while (opened < count) {
        opened++;
        await openOne();
      }
    };
    await Promise.all(Array.from({ length: OPENING }, openNext));
    const time = performance.now() - start;
    const after = await memory();
    return {
      open: time,
      rss: (after.rss - before.rss) / (count - 1) / 1024,
      heap: (after.heap - before.heap) / (count - 1) / 1024,
    };
  });
}

async function main() {
  const server = await startServer();
  const { http, ws } = server;
  const cells = [];
  for (const count of counts) {
    const names = count > 1000 ? few : Object.keys(sources);
    const clients = await interleave(names, async (name) => {
      const worker = startWorker(
        import.meta.filename,
        [name],
        ['--expose-gc', ...(sources[name].execArgv ?? [])],
      );
      try {
        const opened = await worker.call({ where: { http, ws }, count }, 60_000);
        await server.call('broadcast');
        return { ...opened, ...(await worker.call('delivered', 20_000)) };
      } finally {
        await worker.stop();
        await server.call('all gone');
      }
    });
    for (const result of Object.values(clients)) {
      result.ratio = result.rss / clients[DRAIN].rss;
      result.heapRatio = result.heap / clients[DRAIN].heap;
    }
    cells.push({ count, clients });
    console.log(`${count} idle streams: memory of each ÷ that of the drain's`);
    for (const name of names) {
      const { ratio, rss, heap, open, deliver } = clients[name];
      console.log(
        `  ${ratio?.toFixed(2)}  ${labelOf(name)} (${rss?.toFixed(1)} KB, in the heap ${heap?.toFixed(1)}; ` +
          `open ${open?.toFixed(0)} ms, deliver ${deliver?.toFixed(0)} ms)`,
      );
    }
  }
  await server.stop();
  const labels = Object.fromEntries(Object.keys(sources).map((name) => [name, labelOf(name)]));
  save('connections', { labels, cells });
}

await (workerArgs ? work(workerArgs) : main());

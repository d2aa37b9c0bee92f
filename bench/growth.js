// What does one large event cost as it grows? Time and memory, each in a fresh process.
import { adapt, bundleOurs, consume, DECODER, labelOf, limits, OURS, parsers } from './clients.js';
import { interleave, isQuick, save } from './stats.js';
import { answerCalls, startWorker, workerArgs } from './worker.js';

const megabytes = isQuick ? [1, 4] : [1, 4, 16, 64];
const chunkings = { '1,460 B': 1460, '16 KiB': 16_384 };

/** In milliseconds. A client that takes longer for one event does not get a larger one. */
const PATIENCE = 2500;

/** In milliseconds. A client that takes longer is far behind, and measured once. */
const slow = (size) => 100 + 30 * (size / 2 ** 20);

/** A complete `data: xxx…` event in chunks that each have new memory, as from a network. */
function* makeEvent(size, chunkSize, deadline) {
  const text = new Uint8Array(Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(400)));
  yield new Uint8Array(Buffer.from('data: '));
  for (let sent = 0; sent < size; sent += chunkSize) {
    if (performance.now() > deadline) throw new Error(`too slow after ${(sent / 2 ** 20).toFixed(1)} MB`);
    yield text.slice(0, Math.min(chunkSize, size - sent));
  }
  yield new Uint8Array(Buffer.from('\n\n'));
}

async function work([name]) {
  const parser = await (parsers[name] ?? limits[name])();
  let length = 0;
  const onEvent = (data) => {
    // engines join strings only when somebody reads them, as happens here
    length += data.length + (data.charCodeAt(data.length >> 1) & 0);
  };
  const run = (size, chunkSize, deadline) =>
    consume(parser, chunksFor(parser, makeEvent(size, chunkSize, deadline)), onEvent);
  answerCalls(async ({ size, chunkSize }) => {
    const start = performance.now();
    // so that compiling is not measured
    await run(2 ** 18, chunkSize, start + PATIENCE);
    length = 0;
    globalThis.gc();
    const before = process.memoryUsage.rss();
    const { user, system } = process.cpuUsage();
    const began = performance.now();
    try {
      await run(size, chunkSize, began + PATIENCE);
    } catch (error) {
      return { verdict: error.message.startsWith('too slow') ? error.message : 'fails' };
    }
    const spent = process.cpuUsage();
    if (parsers[name] && length !== size) return { verdict: 'wrong result' };
    const result = {
      milliseconds: (spent.user + spent.system - user - system) / 1000,
      wall: performance.now() - began,
      // the most that the process has ever used, in kilobytes
      peakPerByte: (process.resourceUsage().maxRSS * 1024 - before) / size,
    };
    return result.milliseconds > slow(size) ? { verdict: 'measured once', ...result } : result;
  });
}

function* chunksFor(parser, chunks) {
  for (const chunk of chunks) yield adapt(parser, [chunk])[0];
}

async function main() {
  await bundleOurs();
  const names = [OURS, ...Object.keys(parsers).filter((name) => name !== OURS), DECODER];
  const cells = [];
  for (const [chunking, chunkSize] of Object.entries(chunkings)) {
    let able = names;
    for (const size of megabytes.map((count) => count * 2 ** 20)) {
      const results = await interleave(able, async (name) => {
        const worker = startWorker(import.meta.filename, [name], ['--expose-gc']);
        try {
          return await worker.call({ size, chunkSize });
        } finally {
          await worker.stop();
        }
      });
      cells.push({ chunking, megabytes: size / 2 ** 20, results });
      able = able.filter((name) => results[name].milliseconds !== undefined);
      const { milliseconds, peakPerByte } = results[OURS];
      console.log(
        `${size / 2 ** 20} MB in ${chunking}: ${milliseconds?.toFixed(0)} ms, ${peakPerByte?.toFixed(1)} × its size`,
      );
    }
  }
  save('growth', { labels: Object.fromEntries(names.map((name) => [name, labelOf(name)])), cells });
}

await (workerArgs ? work(workerArgs) : main());

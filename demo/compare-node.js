/** Runs a client of the comparison in a separate process, whose CPU time is the client's. Prints what it measures. */
import { FetchEventSource } from 'eventsource-fetch';
import { WebSocket } from 'ws';
import { findOffset, makeUrl, measure } from './pages/compare/measure.js';

const [base, client, rate, duration, run] = process.argv.slice(2);
const clients = { ours: FetchEventSource, native: globalThis.EventSource, websocket: WebSocket };
const print = (type, data) => console.log(JSON.stringify({ type, ...data }));

/** A function that returns the share of the CPU that this process has used since the last call, in per cent. */
function makeCpuMeter() {
  let before = process.cpuUsage();
  let since = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(before);
    const share = (user + system) / 10 / (performance.now() - since);
    before = process.cpuUsage();
    since = performance.now();
    return share;
  };
}

const result = await measure({
  url: makeUrl(base, client, { rate, duration, run }),
  Client: clients[client],
  offset: await findOffset(base),
  readCpu: makeCpuMeter(),
  onSample: (sample) => print('sample', sample),
});
print('result', result);

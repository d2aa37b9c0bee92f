import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { findFreePort } from './programs.js';

/** How many events are sent to all clients. */
const ROUNDS = 50;

// What one server process can handle: `npx tsx demo/scale/measure.ts 5000` measures 5,000 connections on one machine.
const count = Number(process.argv[2] ?? 5000);
const port = await findFreePort();
const worker = fork(fileURLToPath(new URL('dist/worker.js', import.meta.url)), ['A', String(port)], {
  execArgv: [],
});
let report = { clients: 0, memory: 0 };
worker.on('message', (message: typeof report) => {
  report = message;
});
await once(worker, 'message');
const { memory } = report;

let received = 0;
let isDone: (() => void) | undefined;
const sockets: Socket[] = [];
for (let i = 0; i < count; i++) {
  const socket = connect(port, 'localhost');
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
}
while (report.clients < count) await once(worker, 'message');
const perConnection = (report.memory - memory) / count;

for (const socket of sockets) {
  socket.on('data', (chunk) => {
    // An event comes in one piece; pings are shorter.
    if (chunk.includes('data:') && ++received === count) isDone?.();
  });
}
const times: number[] = [];
for (let i = 1; i <= ROUNDS; i++) {
  received = 0;
  const start = performance.now();
  const done = new Promise<void>((resolve) => {
    isDone = resolve;
  });
  worker.send([{ id: `${Date.now()}-${i}`, data: JSON.stringify({ number: i }) }]);
  await done;
  times.push(performance.now() - start);
}
const median = times.sort((a, b) => a - b)[ROUNDS / 2] ?? 0;
console.log(`${count} connections to one process: ${(perConnection / 1024).toFixed(1)} KiB each
one event to all of them: ${median.toFixed(0)} ms (median of ${ROUNDS})
events per second: ${Math.round((count / median) * 1000).toLocaleString('en')}`);
worker.kill();
process.exit();

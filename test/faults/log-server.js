// One life of a server with a log of events. It sends what comes after the requested last event ID, and dies after a
// given number of bytes of responses.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const { log, port, isChunked, bytes, death } = JSON.parse(process.argv[2]);
const HEAD = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n${isChunked ? 'Transfer-Encoding: chunked\r\n' : ''}\r\n`;
/** Size of a chunk, in bytes. It is small, so that there are many, and divides nothing. */
const CHUNK = 1_021;

const events = JSON.parse(readFileSync(log, 'utf8'));

/** The whole response, as one byte string. */
function respond(request) {
  const [, lastEventId = '0'] = /^last-event-id: (\d+)\r$/im.exec(request) ?? [];
  const body = Buffer.from(`retry: 10\n${events.slice(Number(lastEventId)).join('')}`);
  if (!isChunked) return Buffer.concat([Buffer.from(HEAD), body]);
  const pieces = [Buffer.from(HEAD)];
  for (let start = 0; start < body.length; start += CHUNK) {
    const piece = body.subarray(start, start + CHUNK);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat(pieces);
}

function die(socket) {
  if (death === 'silence') return void socket.on('close', () => process.kill(process.pid, 'SIGKILL'));
  // The test first ends everything else, and then this process.
  if (death === 'proxy') return void process.stdout.write('now\n');
  if (death === 'reset') socket.resetAndDestroy();
  process.kill(process.pid, 'SIGKILL');
}

const server = createServer((socket) => {
  let request = '';
  socket.on('error', () => {});
  socket.on('data', (data) => {
    request += data.toString('latin1');
    if (!request.endsWith('\r\n\r\n')) return;
    const response = respond(request);
    // The callback means that the kernel has the data, which then reaches the other side even if this process is gone.
    socket.write(response.subarray(0, bytes ?? response.length), () => bytes !== null && die(socket));
  });
});

// This message comes when the life before this one is over. The process ends with the pipe, so as not to outlive the
// test.
process.stdin.once('data', () => server.listen(port, '127.0.0.1')).on('end', () => process.exit());

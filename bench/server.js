// The server, in a process of its own. It encodes streams before they are requested, so that it is never the slower side.
import { createServer } from 'node:net';
import { makeCorpus, REPEATED } from './corpora.js';
import { answerCalls, SERVER, startWorker, workerArgs } from './worker.js';

const HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n' +
  'Access-Control-Allow-Origin: *\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';

const httpChunk = (bytes) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

const encoded = new Map();

/** A corpus repeated up to `events` events, in HTTP chunks of 64 KB or of one event each. */
function encode(corpus, events, writes) {
  const key = [corpus, events, writes].join();
  if (!encoded.has(key)) {
    const { blocks } = makeCorpus(corpus, REPEATED);
    const all = Array.from({ length: events }, (_, index) => blocks[index % blocks.length]);
    if (writes === 'event') encoded.set(key, Buffer.concat(all.map(httpChunk)));
    else {
      const bytes = Buffer.concat(all);
      const starts = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, index) => index * 65_536);
      encoded.set(
        key,
        Buffer.concat(starts.map((start) => httpChunk(bytes.subarray(start, start + 65_536)))),
      );
    }
  }
  return encoded.get(key);
}

/** Answers the paths `/stream/<corpus>/<events>/<writes>`, `/ticks/<milliseconds>/<count>` and `/idle`. */
function serve(socket, path) {
  const [, kind, ...rest] = decodeURIComponent(path).split('/');
  socket.write(HEAD);
  if (kind === 'stream') {
    const bytes = encode(rest[0], Number(rest[1]), rest[2]);
    for (let start = 0; start < bytes.length; start += 65_536)
      socket.write(bytes.subarray(start, start + 65_536));
  } else if (kind === 'ticks')
    tick((data) => socket.write(httpChunk(Buffer.from(`data: ${data}\n\n`))), rest, socket);
  else keep(socket, (data) => socket.write(httpChunk(Buffer.from(`data: ${data}\n\n`))));
}

function serveWebSocket(webSocket, path) {
  const [, kind, ...rest] = decodeURIComponent(path).split('/');
  if (kind === 'stream') {
    const { payloads } = makeCorpus(rest[0], REPEATED);
    const [events, socket] = [Number(rest[1]), webSocket._socket];
    let sent = 0;
    // as many in one write to the socket as a stream has events in one write
    const some = () => {
      socket.cork();
      for (
        let length = 0;
        sent < events && length < 65_536;
        length += payloads[sent++ % payloads.length].length
      )
        webSocket.send(payloads[sent % payloads.length]);
      socket.uncork();
      if (socket.writableNeedDrain) socket.once('drain', some);
      else if (sent < events) setImmediate(some);
    };
    some();
  } else if (kind === 'ticks') tick((data) => webSocket.send(data), rest, webSocket);
  else keep(webSocket, (data) => webSocket.send(data));
}

const idle = new Map();

function untilGone(resolve) {
  if (idle.size === 0) resolve();
  else setTimeout(untilGone, 10, resolve);
}

function keep(connection, send) {
  idle.set(connection, send);
  connection.on('close', () => idle.delete(connection));
}

function tick(send, [milliseconds, count], connection) {
  let sent = 0;
  const timer = setInterval(() => {
    send(String(process.hrtime.bigint()));
    if (++sent === Number(count)) clearInterval(timer);
  }, Number(milliseconds));
  connection.on('close', () => clearInterval(timer));
}

async function work() {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (head) => serve(socket, head.toString('latin1').split(' ')[1]));
  });
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));
  const where = { http: `http://127.0.0.1:${server.address().port}` };
  // where it is installed
  const { WebSocketServer } = await import('ws').catch(() => ({}));
  if (WebSocketServer) {
    const webSockets = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      backlog: 4096,
      perMessageDeflate: false,
    });
    webSockets.on('connection', (webSocket, { url }) => serveWebSocket(webSocket, url));
    await new Promise((resolve) => webSockets.once('listening', resolve));
    where.ws = `ws://127.0.0.1:${webSockets.address().port}`;
  }
  answerCalls((request) => {
    if (request === 'where') return where;
    if (request === 'all gone') return new Promise(untilGone);
    // 'broadcast': sends to all that wait
    const now = String(process.hrtime.bigint());
    for (const send of idle.values()) send(now);
    return idle.size;
  });
}

/** Starts the server. It ends with its parent process. */
export async function startServer() {
  const worker = startWorker(import.meta.filename, [], [], SERVER);
  return { ...worker, ...(await worker.call('where')) };
}

if (workerArgs && process.argv[1] === import.meta.filename) await work();

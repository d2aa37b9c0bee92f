import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';

/** A request as received, one character per byte. */
export interface Received {
  readonly method: string;
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** When the request was complete, in milliseconds of `performance.now()`. */
  readonly at: number;
}

/** What the server does with a request. */
export type Behaviour = (socket: Socket, request: Received) => unknown;

/** What it does with a connection instead, before there is a request. */
export interface OnAccept {
  readonly accept: (socket: Socket) => unknown;
}

export interface FaultServer {
  /** Ends with a slash. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly Received[];
  readonly sockets: readonly Socket[];
  /**
   * How many connections that had a request are still open. For each one that Node's `fetch` drops, it opens another
   * and leaves that idle for four seconds.
   */
  open(): number;
  /** Drops all connections and refuses new ones. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  start(): Promise<void>;
}

/** A server that handles each request, or each connection, with the next of these, and repeats the last. */
export const listen = (...script: (Behaviour | OnAccept)[]): Promise<FaultServer> =>
  run('http', createServer, script);

/** The same with a certificate that nobody trusts. */
export const listenTls = (...script: (Behaviour | OnAccept)[]): Promise<FaultServer> =>
  run('https', (accept) => createTlsServer(certificate(), accept), script);

async function run(
  protocol: string,
  create: (accept: (socket: Socket) => void) => Server,
  script: (Behaviour | OnAccept)[],
): Promise<FaultServer> {
  const sockets: Socket[] = [];
  const asked = new Set<Socket>();
  const requests: Received[] = [];
  let turn = 0;
  const take = () => script[Math.min(turn++, script.length - 1)];
  const peek = () => script[Math.min(turn, script.length - 1)];

  const server = create((socket) => {
    sockets.push(socket);
    // These tests are about cut connections.
    socket.on('error', () => {});
    const next = peek();
    if (typeof next === 'object') {
      take();
      next.accept(socket);
      return;
    }
    let received = '';
    let needed = 0;
    socket.on('data', (data) => {
      received += data.toString('latin1');
      while (received.length >= needed) {
        const { request, length } = parse(received);
        needed = length;
        if (!request) break;
        received = received.slice(length);
        needed = 0;
        requests.push(request);
        asked.add(socket);
        const behaviour = take();
        if (typeof behaviour === 'function') behaviour(socket, request);
      }
    });
  });
  let port = 0;
  const start = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await start();
  onTestFinished(stop);
  return {
    url: `${protocol}://127.0.0.1:${port}/`,
    port,
    requests,
    sockets,
    open: () => [...asked].filter((socket) => !socket.destroyed).length,
    stop,
    start,
  };
}

/** The first request in the text, and its length; if it is incomplete, the length that it must have at least. */
function parse(text: string): { request?: Received; length: number } {
  const start = text.indexOf('\r\n\r\n') + 4;
  if (start < 4) return { length: text.length + 1 };
  const [first = '', ...lines] = text.slice(0, start - 4).split('\r\n');
  const [method = '', target = ''] = first.split(' ');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).replace(/^ /, '')];
    }),
  );
  const isChunked = /chunked/.test(headers['transfer-encoding'] ?? '');
  const last = text.indexOf('0\r\n\r\n', start);
  if (isChunked && last < 0) return { length: text.length + 1 };
  const length = isChunked ? last + 5 : start + Number(headers['content-length'] ?? 0);
  const body = text.slice(start, isChunked ? last : length);
  const request = { method, target, headers, body, at: performance.now() };
  return text.length < length ? { length } : { request, length };
}

/** The head of an accepted response without framing, whose body ends with the connection. */
export const head = (...headers: string[]): string =>
  ['HTTP/1.1 200 OK', 'Content-Type: text/event-stream', ...headers, '', ''].join('\r\n');

/** Any other head. */
export const status = (code: number | string, ...headers: string[]): string =>
  [`HTTP/1.1 ${code}`, ...headers, '', ''].join('\r\n');

export const chunk = (data: string): string => `${Buffer.byteLength(data).toString(16)}\r\n${data}\r\n`;

type Piece = string | Uint8Array;

/** Writes the pieces, each as a separate packet if possible. */
async function write(socket: Socket, pieces: Piece[]): Promise<void> {
  for (const piece of pieces) {
    await new Promise((resolve) => socket.write(piece, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Writes, and then stays silent. */
export const hold =
  (...pieces: Piece[]): Behaviour =>
  (socket) =>
    write(socket, pieces);

/** Writes, and ends the connection cleanly (FIN). */
export const end =
  (...pieces: Piece[]): Behaviour =>
  (socket) =>
    void write(socket, pieces).then(() => socket.end());

/** Writes, and resets the connection (RST). */
export const reset =
  (...pieces: Piece[]): Behaviour =>
  (socket) =>
    void write(socket, pieces).then(() => socket.resetAndDestroy());

/** Writes the same again and again, as fast as it is read, until the other side closes. */
export const flood =
  (start: Piece, block: Piece): Behaviour =>
  (socket) => {
    const more = () => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', more);
    socket.write(start);
    more();
  };

/** Writes the same `count` times, as fast as it is read, and then ends. */
export const pour =
  (start: Piece, block: Piece, times: number, end: Piece): Behaviour =>
  (socket) => {
    let left = times;
    const more = () => {
      while (left > 0 && !socket.destroyed) {
        left--;
        if (!socket.write(block)) return;
      }
      if (left-- === 0) socket.write(end);
    };
    socket.on('drain', more);
    socket.write(start);
    more();
  };

/** Writes a piece at regular intervals until there are no more. */
export const drip =
  (interval: number, start: Piece, pieces: Iterable<Piece>): Behaviour =>
  (socket) => {
    const rest = pieces[Symbol.iterator]();
    socket.write(start);
    const timer = setInterval(() => {
      const { value, done } = rest.next();
      if (done || socket.destroyed) clearInterval(timer);
      else socket.write(value);
    }, interval);
  };

/** Has a log of these events, with the IDs 1, 2, 3, …, and sends those after the requested ID. */
export const resume =
  (...data: string[]): Behaviour =>
  (socket, { headers }) => {
    const from = Number(headers['last-event-id'] ?? 0);
    const events = data.map((text, index) => `id: ${index + 1}\ndata: ${text}\n\n`);
    socket.write(head() + events.slice(from).join(''));
  };

/** A key and a self-signed certificate for this process. */
function certificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    execFileSync(
      'openssl',
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost -keyout ${key} -out ${cert}`.split(
        ' ',
      ),
      { stdio: 'pipe' },
    );
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } catch (cause) {
    throw new Error('The TLS scenarios need the program openssl: apt-get install openssl', { cause });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

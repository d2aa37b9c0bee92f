import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Request, type Response, Router } from 'express';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Order, pour, type Sink } from './pour.js';
import { formatEvent, openStream } from './streams.js';

const CHILD = fileURLToPath(new URL('../compare-node.js', import.meta.url));
/** Node has an EventSource only behind a flag, and not in every version. */
const EVENT_SOURCE_FLAG = '--experimental-eventsource';
const hasEventSource = process.allowedNodeEnvironmentFlags.has(EVENT_SOURCE_FLAG);

/** Sends the same messages as an event stream and over a WebSocket, and runs clients in processes of their own. */
export class Compare {
  readonly router: Router = Router();
  readonly #sockets = new WebSocketServer({ noServer: true });
  /** How many messages each run has been sent. */
  readonly #sent: Record<string, number> = {};

  constructor() {
    this.router
      .get('/now', (_request, response) => void response.json(performance.timeOrigin + performance.now()))
      .get('/stats', (_request, response) => void response.json({ sent: this.#sent }))
      .get('/sse', (request, response) => {
        openStream(response);
        const { searchParams } = new URL(request.url, 'http://localhost');
        void this.#pour(searchParams, toResponse(response));
      })
      .get('/node', runInNode);
  }

  /** Accepts the WebSockets that connect to a server. */
  accept(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
      if (pathname !== '/compare/ws') {
        socket.destroy();
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        void this.#pour(searchParams, toWebSocket(webSocket, socket));
      });
    });
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  async #pour(query: URLSearchParams, sink: Sink): Promise<void> {
    const order: Order = {
      rate: Number(query.get('rate')),
      duration: Math.min(Number(query.get('duration')), 10_000),
    };
    const sent = await pour(sink, order);
    this.#sent[query.get('run') ?? ''] = sent;
    sink.end(sent);
  }
}

function toResponse(response: Response): Sink {
  return {
    isOpen: () => !response.closed,
    write: (data) => response.write(formatEvent({ data })),
    drained: () => Promise.race([once(response, 'drain'), once(response, 'close')]),
    end: (sent) => response.end(formatEvent({ type: 'end', data: String(sent) })),
  };
}

function toWebSocket(webSocket: WebSocket, socket: Duplex): Sink {
  return {
    isOpen: () => webSocket.readyState === webSocket.OPEN,
    write: (data) => {
      webSocket.send(data);
      return !socket.writableNeedDrain;
    },
    drained: () => Promise.race([once(socket, 'drain'), once(socket, 'close')]),
    end: (sent) => webSocket.send(`end ${sent}`),
  };
}

/** Forwards what the client in the other process measures. */
function runInNode(request: Request, response: Response): void {
  const { client, rate, duration, run } = request.query as Record<string, string>;
  openStream(response);
  if (client === 'native' && !hasEventSource) {
    response.end(formatEvent({ type: 'missing', data: 'This Node has no EventSource' }));
    return;
  }
  const flags = client === 'native' ? [EVENT_SOURCE_FLAG, '--no-warnings'] : [];
  const url = `${request.protocol}://${request.host}`;
  const args = [...flags, CHILD, url, client, rate, duration, run].map(String);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface(child.stdout).on('line', (line) => {
    const { type, ...data } = JSON.parse(line);
    response.write(formatEvent({ type, data: JSON.stringify(data) }));
  });
  child.on('close', () => response.end());
  response.on('close', () => child.kill());
}

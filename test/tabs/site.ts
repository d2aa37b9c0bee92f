import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>tab</title>
<script type="module">
import { FetchEventSource } from '/dist/browser.js';
import { shareAcrossTabs } from '/dist/tabs.js';
const state = (window.state = { ids: [], errors: [], comments: 0, isLeading: false, shows: [] });
addEventListener('pageshow', ({ persisted }) => state.shows.push(persisted));
const feed = new URLSearchParams(location.search).get('feed');
state.source = new FetchEventSource('/feed/' + feed, {
  reconnect: { reconnectionTime: 200 },
  onComment: () => state.comments++,
  fetch: shareAcrossTabs({
    key: 'user',
    async fetch(url, init) {
      state.isLeading = true;
      init.signal.addEventListener('abort', () => (state.isLeading = false));
      try {
        return await fetch(url, init);
      } catch (error) {
        state.isLeading = false;
        throw error;
      }
    },
  }),
});
state.source.onmessage = ({ lastEventId }) => state.ids.push(+lastEventId);
state.source.onerror = ({ message, error }) => state.errors.push(message + ' ' + error?.cause);
</script>`;

/** What one feed has sent, and to whom. */
interface Feed {
  next: number;
  readonly clients: Set<ServerResponse>;
  requests: number;
  most: number;
  isRefusing: boolean;
}

/** A server with a log for each feed, which replays what comes after the \`Last-Event-ID\`. */
export class Site {
  readonly #feeds = new Map<string, Feed>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://localhost:${this.#port}`;
  }

  feed(name: string): Feed {
    const feed = this.#feeds.get(name) ?? {
      next: 1,
      clients: new Set(),
      requests: 0,
      most: 0,
      isRefusing: false,
    };
    this.#feeds.set(name, feed);
    return feed;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => this.#serve(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.keepAliveTimeout = 1000;
    server.listen(this.#port);
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server as Server, 'close');
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  emit(name: string, count = 1): void {
    const feed = this.feed(name);
    let text = '';
    for (let index = 0; index < count; index++) text += event(feed.next++);
    for (const client of feed.clients) client.write(text);
  }

  /** Breaks each connection. */
  cut(name: string): void {
    for (const client of this.feed(name).clients) client.socket?.destroy();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url as string, this.url);
    if (pathname.startsWith('/feed/')) this.#stream(pathname.slice(6), request, response);
    else if (pathname.startsWith('/dist/')) {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(readFileSync(`.${pathname}`));
    } else {
      response.setHeader('Content-Type', 'text/html');
      response.end(pathname === '/tab' ? PAGE : '<title>other</title>');
    }
  }

  #stream(name: string, request: IncomingMessage, response: ServerResponse): void {
    const feed = this.feed(name);
    feed.requests++;
    if (feed.isRefusing) {
      response.writeHead(503).end('busy');
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const id = request.headers['last-event-id'];
    let text = ':\n\n';
    for (let next = id === undefined ? feed.next : Number(id) + 1; next < feed.next; next++)
      text += event(next);
    response.write(text);
    feed.clients.add(response);
    feed.most = Math.max(feed.most, feed.clients.size);
    response.on('close', () => feed.clients.delete(response));
  }
}

const event = (id: number) => `id: ${id}\ndata: event ${id % 5}\n\n`;

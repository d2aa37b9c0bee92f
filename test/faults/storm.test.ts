import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { FetchEventSource } from 'eventsource-fetch';
import { expect, onTestFinished, test, vi } from 'vitest';

const CLIENTS = 200;
/** The server's `retry`, in milliseconds. */
const RETRY = 500;
/** In milliseconds. */
const DOWN = 3_000;
/** In milliseconds: by this time after the server's return, all clients are due. */
const BACK = 5_000;
/** In milliseconds. If this process is not scheduled for that long, all clients due in that time arrive as a crowd. */
const STANDSTILL = 20;
/** The largest share of a wave that one aligned 100 ms may have. */
const SHARE = 0.3;

/** For each client, when something happened to it, in milliseconds since the server died. */
type Times = readonly number[][];

interface StormServer {
  readonly port: number;
  /** Ends all connections and lets nobody in. */
  die(): void;
  revive(): Promise<void>;
}

/**
 * A server that reports each request with the number in its path. While dead, it either refuses connections, and so
 * does not see them, or resets each one after it has read who it is.
 */
async function startServer(refuses: boolean, report: (client: number) => void): Promise<StormServer> {
  const sockets = new Set<Socket>();
  let isUp = true;
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    socket.once('data', (request) => {
      report(Number(/^GET \/(\d+) /.exec(request.toString('latin1'))?.[1]));
      if (!isUp) return void socket.resetAndDestroy();
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
      socket.write(`retry: ${RETRY}\ndata: welcome\n\n`);
    });
  });
  const listen = (port: number) => once(server.listen(port, '127.0.0.1', 2 * CLIENTS), 'listening');
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const die = () => {
    isUp = false;
    if (refuses) server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  onTestFinished(() => {
    die();
    server.close();
  });
  return {
    port,
    die,
    async revive() {
      isUp = true;
      if (refuses) await listen(port);
    },
  };
}

/**
 * Random numbers that are evenly spread. With truly random ones, 200 clients put more than 30 % into one of four bins
 * every seventh time, and a test that fails by chance says nothing about the library.
 */
function evenOutRandom(): void {
  let turn = 0;
  const spy = vi.spyOn(Math, 'random').mockImplementation(() => (++turn * ((Math.sqrt(5) - 1) / 2)) % 1);
  onTestFinished(() => spy.mockRestore());
}

interface Storm {
  /** When each attempt before it ended, as its client saw it. */
  readonly ended: Times;
  /** When each attempt was due, according to the `error` event before it. */
  readonly due: Times;
  /** When each attempt came: at the listener or, if that refuses and so sees none, at the client's `fetch`. */
  readonly seen: Times;
  /** When the server returned. */
  readonly revived: number;
  /** When all clients were back. */
  readonly whole: number;
  /** In milliseconds: the longest time for which this process did not run, whatever the reason. */
  readonly standstill: number;
}

const noTimes = (): Times => Array.from({ length: CLIENTS }, () => []);

/** Connects all clients, ends the server, brings it back, and waits until all clients are back. */
async function raise(refuses: boolean): Promise<Storm> {
  const [ended, due, seen] = [noTimes(), noTimes(), noTimes()] as const;
  let died = Number.POSITIVE_INFINITY;
  const clock = () => performance.now() - died;
  const note = (times: Times, client: number, wait = 0) => {
    if (clock() >= 0) times[client]?.push(clock() + wait);
  };
  const server = await startServer(refuses, (client) => !refuses && note(seen, client));
  const sources = Array.from({ length: CLIENTS }, (_, client) => {
    const source = new FetchEventSource(`http://127.0.0.1:${server.port}/${client}`, {
      fetch(url, init) {
        if (refuses) note(seen, client);
        return fetch(url, init);
      },
    });
    source.addEventListener('error', ({ reconnectIn }) => {
      note(ended, client);
      note(due, client, reconnectIn);
    });
    onTestFinished(() => source.close());
    return source;
  });
  const all = (type: string) => Promise.all(sources.map((source) => once(source, type)));

  await all('message');
  died = performance.now();
  server.die();
  const areBack = all('message');
  await all('error');
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await new Promise((resolve) => setTimeout(resolve, DOWN - clock()));
  await server.revive();
  const revived = clock();
  await areBack;
  delays.disable();
  return { ended, due, seen, revived, whole: clock(), standstill: delays.max / 1e6 };
}

/** How many arrive in each aligned 100 ms, by its start: of each client's first arrival, of its second, … */
function makeHistograms(timesByClient: Times): Record<number, number>[] {
  const histograms: Record<number, number>[] = [];
  for (const times of timesByClient) {
    times.forEach((time, wave) => {
      histograms[wave] ??= {};
      const bins = histograms[wave];
      const start = Math.floor(time / 100) * 100;
      bins[start] = (bins[start] ?? 0) + 1;
    });
  }
  return histograms;
}

const largestOf = (histograms: Record<number, number>[]) =>
  Math.max(...histograms.flatMap((bins) => Object.values(bins)));

test.each([
  ['resets', false],
  ['refuses', true],
])(
  `${CLIENTS} clients of a server that %s all connections for ${DOWN} ms come neither in crowds nor early nor late`,
  async (_what, refuses) => {
    evenOutRandom();
    const { ended, due, seen, revived, whole, standstill } = await raise(refuses);
    const waits = seen.flatMap((times, client) =>
      times.map((at, index) => at - (ended[client]?.[index] ?? Number.NaN)),
    );
    const waves = makeHistograms(seen);
    const lines = waves.map((bins, index) => `wave ${index + 1}: ${JSON.stringify(bins)}`);
    const summary = `least wait ${Math.min(...waits).toFixed()} ms, all back after ${(whole - revived).toFixed()} ms`;
    console.log(['Arrivals in each 100 ms after the end of all connections', ...lines, summary].join('\n'));

    // Some came while it was down. A slow machine may have time for only one wave of them.
    expect(waves.length).toBeGreaterThanOrEqual(2);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(RETRY);
    // All came; how fast the machine let them in does not matter.
    expect(Math.max(...due.flat()) - revived).toBeLessThan(BACK);
    expect(largestOf(makeHistograms(due))).toBeLessThanOrEqual(SHARE * CLIENTS);
    if (standstill < STANDSTILL) expect(largestOf(waves)).toBeLessThanOrEqual(SHARE * CLIENTS);
    else
      console.warn(`Crowds of arrivals not judged: the machine stood still for ${standstill.toFixed()} ms`);
  },
  60_000,
);

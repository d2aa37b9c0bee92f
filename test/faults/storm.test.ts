import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { FetchEventSource } from 'fetch-eventsource';
import { expect, onTestFinished, test, vi } from 'vitest';

const CLIENTS = 200;
/** In milliseconds: what the server's `retry` says. */
const RETRY = 500;
/** In milliseconds. */
const DOWN = 3_000;
/** In milliseconds: in this time after the server's return, all are due. */
const BACK = 5_000;
/** In milliseconds. A process that does not run for so long makes a crowd of whoever was to come in that time. */
const STANDSTILL = 20;
/** The most that one aligned 100 ms may hold of a wave. */
const SHARE = 0.3;

/** For each client, when something happened to it, in milliseconds since the server died. */
type Times = readonly number[][];

interface StormServer {
  readonly port: number;
  /** Ends all connections, and lets nobody in. */
  die(): void;
  revive(): Promise<void>;
}

/**
 * A server whose every request is reported with the number that is its path. Dead, it refuses connections, so that it
 * hears of none, or it resets each when it has heard who that is.
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
 * Random numbers without the unevenness of chance: 200 honest ones put more than 30 % into one of four bins every
 * seventh time, and a test that fails by chance says nothing about the library.
 */
function evenOutRandom(): void {
  let turn = 0;
  const spy = vi.spyOn(Math, 'random').mockImplementation(() => (++turn * ((Math.sqrt(5) - 1) / 2)) % 1);
  onTestFinished(() => spy.mockRestore());
}

interface Storm {
  /** When each attempt before it ended, as its client saw it. */
  readonly ended: Times;
  /** When each was to come, by what the `error` event before it said. */
  readonly due: Times;
  /** When each came: at the listener or, if that refuses and so sees none, at the client's `fetch`. */
  readonly seen: Times;
  /** When the server returned. */
  readonly revived: number;
  /** When all of its clients were back. */
  readonly whole: number;
  /** In milliseconds: the longest for which this process did not run, be it for its own work or for another's. */
  readonly standstill: number;
}

const noTimes = (): Times => Array.from({ length: CLIENTS }, () => []);

/** Connects all clients, ends the server, brings it back, and waits until all clients are. */
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

/** How many come in each aligned 100 ms, by when that begins: of each client's first arrival, of each second one, … */
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

    // Some came while it was down; a slow machine may have no time for more than one wave of them.
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

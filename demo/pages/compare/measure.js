/** Time between samples, in milliseconds. */
export const STEP = 250;

/** The URL of the messages for a client. */
export function makeUrl(base, client, query) {
  const path = client === 'websocket' ? '/compare/ws' : '/compare/sse';
  const url = new URL(`${path}?${new URLSearchParams(query)}`, base);
  if (client === 'websocket') url.protocol = 'ws:';
  return String(url);
}

const now = () => performance.timeOrigin + performance.now();

/** How far the server's clock is ahead of ours, in milliseconds. The quickest of several answers counts. */
export async function findOffset(base) {
  let best = { roundTrip: Number.POSITIVE_INFINITY, offset: 0 };
  for (let i = 0; i < 10; i++) {
    const start = now();
    const theirs = await (await fetch(new URL('/compare/now', base))).json();
    const roundTrip = now() - start;
    if (roundTrip < best.roundTrip) best = { roundTrip, offset: theirs - start - roundTrip / 2 };
  }
  return best.offset;
}

/**
 * Receives messages until the server says that there are no more.
 *
 * @param Client - a class with the interface of EventSource or of WebSocket.
 * @param readCpu - returns the share of the CPU since the last call, in per cent.
 */
export function measure({ url, Client, offset, readCpu, onSample }) {
  return new Promise((resolve, reject) => {
    const client = new Client(url);
    const meter = new Meter(readCpu, onSample);
    const finish = (sent) => {
      client.close();
      resolve({ sent, ...meter.stop() });
    };
    const begin = () => meter.start();
    client.addEventListener('open', begin);
    client.addEventListener('end', ({ data }) => finish(Number(data)));
    client.addEventListener('message', ({ data }) => {
      // A WebSocket has no event types.
      if (data.startsWith('end ')) finish(Number(data.slice('end '.length)));
      else meter.count(now() + offset - JSON.parse(data).at);
    });
    client.addEventListener('error', ({ message }) => {
      client.close();
      meter.stop();
      reject(new Error(message ?? 'The connection broke'));
    });
  });
}

class Meter {
  #readCpu;
  #onSample;
  #timer;
  #start = 0;
  #sampledAt = 0;
  #sampled = 0;
  #latencies = [];
  #shares = [];

  constructor(readCpu, onSample) {
    this.#readCpu = readCpu;
    this.#onSample = onSample;
  }

  start() {
    this.#readCpu();
    this.#start = this.#sampledAt = performance.now();
    this.#timer = setInterval(() => this.#sample(), STEP);
  }

  /** `latency` is in milliseconds since the server wrote the message. */
  count(latency) {
    // The clocks agree only to some tenths of a millisecond.
    this.#latencies.push(Math.max(0, latency));
  }

  #sample() {
    const at = performance.now();
    const latest = this.#latencies.slice(this.#sampled);
    const cpu = this.#readCpu();
    this.#shares.push(cpu);
    const rate = latest.length / ((at - this.#sampledAt) / 1000);
    this.#onSample({ time: at - this.#start, rate, latency: quantile(latest, 0.5), cpu });
    this.#sampled = this.#latencies.length;
    this.#sampledAt = at;
  }

  stop() {
    clearInterval(this.#timer);
    const seconds = (performance.now() - this.#start) / 1000;
    const { length } = this.#latencies;
    return {
      received: length,
      rate: length / seconds,
      latency: quantile(this.#latencies, 0.5),
      slowest: quantile(this.#latencies, 0.99),
      cpu: quantile(this.#shares, 0.5),
    };
  }
}

function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(sorted.length * share)] ?? null;
}

import { FetchEventSource } from 'fetch-eventsource';
import { expect, onTestFinished, test } from 'vitest';
import { BEGINNING } from '../../../demo/scale/log.js';
import { howToInstall } from '../../../demo/scale/programs.js';
import { Scale, type ScaleOptions } from '../../../demo/scale/scale.js';

const { CI } = process.env;
const hasNginx = CI !== undefined || !howToInstall('nginx');
const hasRedis = CI !== undefined || !howToInstall('redis-server');

async function start(options: Partial<ScaleOptions>): Promise<Scale> {
  const scale = new Scale({
    port: 0,
    servers: 3,
    hasRedis: true,
    interval: 300,
    restartDelay: 100,
    reconnectionTime: 100,
    ...options,
  });
  onTestFinished(() => scale.close());
  await scale.start();
  return scale;
}

/** Reads from the beginning; the numbers of all events that came. */
function read(url: string): number[] {
  const numbers: number[] = [];
  const source = new FetchEventSource(`${url}/events`, {
    lastEventId: BEGINNING,
    reconnect: { maxBackoff: 1000 },
  });
  source.onmessage = ({ data }) => numbers.push(JSON.parse(data).number);
  onTestFinished(() => source.close());
  return numbers;
}

/** Until every client has what was published so far. */
async function everybodyHas(clients: number[][], published: number): Promise<void> {
  await expect
    .poll(() => clients.filter((numbers) => (numbers.at(-1) ?? 0) < published).length, { timeout: 60_000 })
    .toBe(0);
}

/**
 * Kills one server after the other, each once all clients have got over the last one. That may still be starting, so
 * that of three there may be one.
 */
async function killServers(scale: Scale, clients: number[][], times: number): Promise<void> {
  let wasBack: Promise<void> | undefined;
  for (let i = 0; i < times; i++) {
    const { name } = scale.servers[i % scale.servers.length] as { name: string };
    const isBack = scale.kill(name);
    await everybodyHas(clients, scale.published + 1);
    await wasBack;
    wasBack = isBack;
  }
  await wasBack;
  scale.pause();
  await everybodyHas(clients, scale.published);
}

test.runIf(hasNginx && hasRedis)(
  'servers are killed 20 times under 500 clients: nothing is lost, nothing doubled',
  async () => {
    const scale = await start({});
    const clients = Array.from({ length: 500 }, () => read(scale.url));
    await everybodyHas(clients, 1);
    await killServers(scale, clients, 20);
    const all = Array.from({ length: scale.published }, (_, index) => index + 1);
    for (const numbers of clients) expect(numbers).toEqual(all);
    expect(scale.servers.reduce((sum, { kills }) => sum + kills, 0)).toBe(20);
  },
  240_000,
);

test.runIf(hasNginx)('without Redis the log is in memory, and as complete', async () => {
  const scale = await start({ hasRedis: false });
  const clients = Array.from({ length: 20 }, () => read(scale.url));
  await everybodyHas(clients, 1);
  await killServers(scale, clients, 3);
  const all = Array.from({ length: scale.published }, (_, index) => index + 1);
  for (const numbers of clients) expect(numbers).toEqual(all);
});

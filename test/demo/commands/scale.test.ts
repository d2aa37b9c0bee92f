import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FetchEventSource } from 'eventsource-fetch';
import { expect, onTestFinished, test } from 'vitest';
import { BEGINNING } from '../../../demo/scale/log.js';
import { howToInstall } from '../../../demo/scale/programs.js';
import { Scale, type ScaleOptions } from '../../../demo/scale/scale.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
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

/** Reads from the beginning, and collects the numbers of all events. */
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

/** Waits until every client has what has been published so far. */
async function everybodyHas(clients: number[][], published: number): Promise<void> {
  await expect
    .poll(() => clients.filter((numbers) => (numbers.at(-1) ?? 0) < published).length, { timeout: 60_000 })
    .toBe(0);
}

/**
 * Kills one server after the other, each as soon as all clients have recovered from the last kill. The last one may
 * still be starting then, so only one of three may be up.
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

test.runIf(hasNginx)('without Redis the log is in memory and just as complete', async () => {
  const scale = await start({ hasRedis: false });
  const clients = Array.from({ length: 20 }, () => read(scale.url));
  await everybodyHas(clients, 1);
  await killServers(scale, clients, 3);
  const all = Array.from({ length: scale.published }, (_, index) => index + 1);
  for (const numbers of clients) expect(numbers).toEqual(all);
});

/** What Linux says of a process, if there is one. */
function ask(pid: number, what: string): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    return '';
  }
}

test.runIf(hasNginx && hasRedis && process.platform === 'linux').each([
  ['Ctrl-C is pressed', 'SIGINT'],
  ['it is terminated', 'SIGTERM'],
  ['its terminal is closed', 'SIGHUP'],
] as const)('nothing is left of the command when %s', async (_what, signal) => {
  // As a terminal does, the signal goes to the command and to all that it started.
  const child = spawn(process.execPath, ['--import', 'tsx', 'demo/scale/main.ts', '0'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = child.pid as number;
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await expect.poll(() => output).toContain('Ctrl-C');
  const children = ask(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  // Of one that has ended and that nobody has asked about yet, the command line is empty.
  const commands = () => children.map((each) => ask(each, 'cmdline')).filter(Boolean);
  const nginx = expect.stringContaining('nginx');
  const redis = expect.stringContaining('redis-server');
  expect(commands()).toEqual(expect.arrayContaining([nginx, redis]));
  process.kill(-pid, signal);
  await expect.poll(() => child.exitCode).toBe(0);
  await expect.poll(commands).toEqual([]);
});

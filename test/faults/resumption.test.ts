import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FetchEventSource } from 'eventsource-fetch';
import { expect, onTestFailed, onTestFinished, test } from 'vitest';
import { createRandom } from '../random.js';

const EVENTS = 10_000;
const DEATHS = 50;

/** How the server dies, or what breaks instead. */
type Death = 'kill' | 'reset' | 'silence' | 'proxy';

/** Printed if the test fails. With RESUMPTION_SEED, the same deaths happen again. */
function seedRandom(): () => number {
  const seed = Number(process.env['RESUMPTION_SEED'] ?? Date.now() % 2 ** 32);
  onTestFailed(() => console.error(`To die at the same bytes again: RESUMPTION_SEED=${seed}`));
  return createRandom(seed);
}

/** An event of random shape, so that a random byte may be in a character, between CR and LF, in a name or in an ID. */
function logEvent(id: number, random: () => number): { text: string; data: string } {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const words = ['a', 'é', '€', '😀', ' ', ': ', 'data: '];
  const line = () => Array.from({ length: pick([1, 9, 25]) }, () => pick(words)).join('');
  const lines = Array.from({ length: pick([1, 2, 3]) }, line);
  const fields = [`id: ${id}`, ...lines.map((data) => `data: ${data}`), ': a comment'];
  // The ID comes first or last
  if (random() < 0.5) fields.push(fields.shift() as string);
  const end = pick(['\n', '\r', '\r\n']);
  return { text: fields.join(end) + end + end, data: lines.join('\n') };
}

/** A folder that is removed after the test. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'resumption-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

let lastPort = 20_000 + (process.pid % 10_000);

/**
 * A free port that the kernel gives to no client. A client that asks a dead server could otherwise connect to itself.
 */
async function findPort(): Promise<number> {
  const server = createServer();
  for (;;) {
    try {
      await once(server.listen(++lastPort, '127.0.0.1'), 'listening');
    } catch {
      continue;
    }
    await once(server.close(), 'close');
    return lastPort;
  }
}

/** Ends with the test, or by `kill`. */
function start(command: string, args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

interface Life {
  readonly log: string;
  readonly port: number;
  readonly isChunked: boolean;
  /** `null` means that it stays alive. */
  readonly bytes: number | null;
  readonly death: Death;
}

/** A server that waits for its turn. */
function conceive(life: Life): ChildProcess {
  const path = fileURLToPath(new URL('log-server.js', import.meta.url));
  return start(process.execPath, [path, JSON.stringify(life)]);
}

interface Run {
  /** The address to connect to, for a server on this port. */
  readonly url: string;
  readonly port: number;
  readonly deaths: readonly Death[];
  restartProxy(): Promise<void>;
}

/** Lets a source read the whole log from a server that dies all of these deaths. */
async function expectEveryEventOnce({ url, port, deaths, restartProxy }: Run, random: () => number) {
  const events = Array.from({ length: EVENTS }, (_, index) => logEvent(index + 1, random));
  const texts = events.map(({ text }) => text);
  const log = join(makeFolder(), 'log.json');
  writeFileSync(log, JSON.stringify([...texts, 'event: over\ndata\n\n']));
  // So about two thirds of the log have been sent when the last life starts
  const most = (4 / 3 / DEATHS) * Buffer.byteLength(texts.join(''));
  const lives = deaths.map((death): Life => {
    // One of ten in the head, or right after it
    const bytes = Math.floor(random() * (random() < 0.1 ? 150 : most));
    return { log, port, isChunked: random() < 0.5, bytes, death };
  });

  const received: string[] = [];
  let connections = 0;
  const source = new FetchEventSource(url, { reconnect: { reconnectionTime: 1, maxBackoff: 1 } });
  onTestFinished(() => source.close());
  source.addEventListener('open', () => connections++);
  source.addEventListener('message', ({ lastEventId, data }) => received.push(`${lastEventId}: ${data}`));
  const over = once(source, 'over');
  const failed = new Promise<never>((_, reject) => {
    source.addEventListener('error', ({ error }) => source.readyState === source.CLOSED && reject(error));
  });

  let sent = 0;
  const last: Life = { log, port, isChunked: true, bytes: null, death: 'kill' };
  let unborn = conceive(lives[0] as Life);
  for (const next of [...lives.slice(1), last]) {
    const server = unborn;
    server.stdout?.once('data', () => restartProxy().then(() => server.kill('SIGKILL')));
    server.stdin?.write('live\n');
    unborn = conceive(next);
    const [, signal] = await Promise.race([once(server, 'exit'), failed]);
    expect(signal).toBe('SIGKILL');
    sent = received.length;
  }
  expect(sent).toBeLessThan(EVENTS);
  unborn.stdin?.write('live\n');
  await Promise.race([over, failed]);
  expect(received).toEqual(events.map(({ data }, index) => `${index + 1}: ${data}`));
  console.log(`${deaths.length} deaths in the first ${sent} events, ${connections} connections`);
}

test(`a log of ${EVENTS} events comes once and in order though the server is killed ${DEATHS} times`, async () => {
  const random = seedRandom();
  const port = await findPort();
  const deaths = Array.from({ length: DEATHS }, () => (random() < 0.5 ? 'kill' : 'reset'));
  const restartProxy = async () => {};
  await expectEveryEventOnce({ url: `http://127.0.0.1:${port}/`, port, deaths, restartProxy }, random);
}, 120_000);

const NGINX = '/usr/sbin/nginx';
const hasNginx = existsSync(NGINX);
if (!hasNginx && process.env['CI']) throw new Error(`No ${NGINX}: apt-get install nginx-light`);
if (!hasNginx) console.warn(`Resumption through nginx left out: no ${NGINX}. apt-get install nginx-light.`);

/** Starts it in front of a server on that port, and again at each call. */
async function proxy(port: number): Promise<{ url: string; restart(): Promise<void> }> {
  const folder = makeFolder();
  const own = await findPort();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off;
    master_process off;
    pid ${folder}/pid;
    events {}
    http {
      access_log off;
      ${paths.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
      server {
        listen 127.0.0.1:${own};
        location / {
          proxy_pass http://127.0.0.1:${port};
          proxy_http_version 1.1;
          proxy_set_header Connection '';
          proxy_buffering off;
          proxy_read_timeout 1s;
        }
      }
    }`,
  );
  const run = () =>
    start(NGINX, ['-e', join(folder, 'error.log'), '-p', folder, '-c', join(folder, 'nginx.conf')]);
  let nginx = run();
  return {
    url: `http://127.0.0.1:${own}/`,
    async restart() {
      const exited = once(nginx, 'exit');
      nginx.kill('SIGKILL');
      await exited;
      nginx = run();
    },
  };
}

test.runIf(hasNginx)(
  `the same through nginx, which times out after 1 s of silence and is killed now and then`,
  async () => {
    const random = seedRandom();
    const port = await findPort();
    const { url, restart } = await proxy(port);
    const deaths = Array.from({ length: DEATHS }, (_, index): Death => {
      if (index % 10 === 4) return 'silence';
      if (index % 10 === 9) return 'proxy';
      return random() < 0.5 ? 'kill' : 'reset';
    });
    await expectEveryEventOnce({ url, port, deaths, restartProxy: restart }, random);
  },
  120_000,
);

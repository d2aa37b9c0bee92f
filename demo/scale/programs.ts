import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The Debian packages of the programs that this needs. */
const PACKAGES: Record<string, string> = { nginx: 'nginx-light', 'redis-server': 'redis-server' };

/** How to install those that are missing; `undefined` if none is. */
export function howToInstall(...programs: string[]): string | undefined {
  const missing = programs.filter((program) => spawnSync(program, ['-v']).error);
  if (!missing.length) return undefined;
  return `apt-get install --no-install-recommends ${missing.map((program) => PACKAGES[program]).join(' ')}`;
}

/** A port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A program on this machine with its own folder, which is removed on close or when this process ends. */
export class Program {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'scale-'));
  readonly #child: ChildProcess;
  readonly #end = (): void => {
    this.#child.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  };

  /** @param makeArguments - gets the folder, and a function that writes a file there. */
  constructor(command: string, makeArguments: (folder: string, write: (text: string) => string) => string[]) {
    const write = (text: string) => {
      const path = join(this.#folder, 'conf');
      writeFileSync(path, text);
      return path;
    };
    const options: SpawnOptions = { cwd: this.#folder, stdio: ['ignore', 'ignore', 'inherit'] };
    this.#child = spawn(command, makeArguments(this.#folder, write), options);
    process.on('exit', this.#end);
  }

  /** Settles when the program listens. */
  async isReady(port: number): Promise<void> {
    for (;;) {
      if (this.#child.exitCode !== null) throw new Error(`${this.#child.spawnfile} did not start`);
      const socket = connect(port, '127.0.0.1');
      const isThere = await once(socket, 'connect').catch(() => undefined);
      socket.destroy();
      if (isThere) return;
      await sleep(20);
    }
  }

  async close(): Promise<void> {
    if (this.#child.kill()) await once(this.#child, 'exit');
    process.off('exit', this.#end);
    this.#end();
  }
}

/** Redis for this demo alone. It writes nothing to disk. */
export function startRedis(port: number): Program {
  return new Program('redis-server', () =>
    ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--loglevel', 'warning'].map(
      String,
    ),
  );
}

/** The arguments for nginx to run in a folder with a configuration. */
export const nginxArguments = (folder: string, path: string): string[] => [
  '-p',
  folder,
  '-e',
  'stderr',
  '-g',
  'daemon off;',
  '-c',
  path,
];

/** A complete nginx configuration around the contents of `http` and `events`. nginx writes only to its folder. */
export const nginxConfiguration = (http: string, events = ''): string => `
  pid nginx.pid;
  error_log stderr crit;
  events { ${events} }
  http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    ${http}
  }`;

/** nginx in front of the servers. Streams go to any of them, everything else to the one that serves the page. */
export function startNginx(port: number, servers: readonly number[], page: number): Program {
  const http = `
    upstream servers {
      least_conn;
      # else nginx trusts a server that had died only after a response of it has ended: streams do not end
      ${servers.map((server) => `server localhost:${server} max_fails=0;`).join('\n')}
    }
    server {
      listen 127.0.0.1:${port};
      proxy_http_version 1.1;
      proxy_set_header Connection '';
      location /events {
        proxy_pass http://servers;
        # events must not wait for a buffer to fill
        proxy_buffering off;
        # who is silent for a minute is dead: the servers send pings
        proxy_read_timeout 60s;
        # a server that has just died has sent nothing yet: the next one may answer
        proxy_next_upstream error timeout;
      }
      location / { proxy_pass http://localhost:${page}; }
    }`;
  const configuration = nginxConfiguration(http, 'worker_connections 4096;');
  return new Program('nginx', (folder, write) => nginxArguments(folder, write(configuration)));
}

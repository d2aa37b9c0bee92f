import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { serveFiles } from '../files.js';
import { Site } from '../servers/site.js';
import type { EventLog } from './log.js';
import { MemoryLog } from './memory-log.js';
import { findFreePort, type Program, startNginx, startRedis } from './programs.js';
import { RedisLog } from './redis-log.js';

/** The built file, because a server must be back soon. */
const WORKER = fileURLToPath(new URL('dist/worker.js', import.meta.url));

export interface ScaleOptions {
  /** The port of nginx; 0 is any free one. */
  readonly port: number;
  readonly servers: number;
  readonly hasRedis: boolean;
  /** Time between events, in milliseconds. */
  readonly interval: number;
  /** How long a killed server is gone, in milliseconds. */
  readonly restartDelay: number;
  /** What the streams' `retry` field says, in milliseconds. */
  readonly reconnectionTime: number;
}

/** A server process and its last report. */
interface Server {
  readonly name: string;
  readonly port: number;
  process: ChildProcess | undefined;
  isUp: boolean;
  kills: number;
  report: { clients: number; sent: number; memory: number };
}

/** Several server processes behind nginx, on one log. Any of them may die at any time. */
export class Scale {
  /** How many events have been published. */
  published = 0;
  readonly servers: Server[] = [];
  readonly #options: ScaleOptions;
  readonly #programs: Program[] = [];
  readonly #site: Site;
  #port = 0;
  #log: EventLog | undefined;
  #redis: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ScaleOptions) {
    this.#options = options;
    const app = express()
      .disable('x-powered-by')
      .use(serveFiles())
      .get('/scale/stats', (_request, response) => void response.json(this.stats))
      .post('/scale/kill/:name', (request, response) => {
        void this.kill(request.params.name);
        response.end();
      });
    this.#site = new Site(app);
  }

  get url(): string {
    return `http://localhost:${this.#port}`;
  }

  get stats(): object {
    const servers = this.servers.map(({ name, isUp, kills, report }) => ({ name, isUp, kills, ...report }));
    return { log: this.#redis ? 'Redis Streams' : 'memory', published: this.published, servers };
  }

  async start(): Promise<void> {
    await this.#startLog();
    await this.#site.listen(0);
    for (let i = 0; i < this.#options.servers; i++) this.servers.push(await makeServer(i));
    await Promise.all(this.servers.map((server) => this.#run(server)));
    this.#port = this.#options.port || (await findFreePort());
    const ports = this.servers.map(({ port }) => port);
    const nginx = startNginx(this.#port, ports, this.#site.port);
    this.#programs.push(nginx);
    await nginx.isReady(this.#port);
    this.#timer = setInterval(() => void this.#publish(), this.#options.interval);
  }

  /** Ends a server as a crash would. Settles when it is back. */
  async kill(name: string): Promise<void> {
    const server = this.servers.find((candidate) => candidate.name === name);
    if (!server?.isUp) return;
    server.isUp = false;
    server.kills++;
    server.process?.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, this.#options.restartDelay));
    if (!this.#isClosed) await this.#run(server);
  }

  /** Stops publishing. */
  pause(): void {
    clearInterval(this.#timer);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.pause();
    for (const server of this.servers) server.process?.kill('SIGKILL');
    this.#log?.close();
    this.#site.close();
    await Promise.all(this.#programs.map((program) => program.close()));
  }

  async #startLog(): Promise<void> {
    if (!this.#options.hasRedis) {
      this.#log = new MemoryLog();
      return;
    }
    const port = await findFreePort();
    const redis = startRedis(port);
    this.#programs.push(redis);
    await redis.isReady(port);
    this.#redis = `redis://127.0.0.1:${port}`;
    this.#log = new RedisLog(this.#redis);
  }

  async #publish(): Promise<void> {
    const number = ++this.published;
    await this.#log?.append(JSON.stringify({ number }));
    if (!(this.#log instanceof MemoryLog)) return;
    for (const { process } of this.servers) if (process?.connected) process.send(this.#log.entries.slice(-1));
  }

  /** Starts the process of a server. Settles when the server listens. */
  async #run(server: Server): Promise<void> {
    const { name, port } = server;
    const args = [name, port, this.#options.reconnectionTime, this.#redis ?? ''].map(String);
    const child = fork(WORKER, args, { execArgv: [] });
    server.process = child;
    if (this.#log instanceof MemoryLog) child.send(this.#log.entries);
    child.on('message', (report: Server['report']) => {
      server.report = report;
    });
    child.on('exit', () => {
      server.report = { clients: 0, sent: 0, memory: 0 };
    });
    await once(child, 'message');
    server.isUp = true;
  }
}

async function makeServer(index: number): Promise<Server> {
  return {
    name: String.fromCharCode('A'.charCodeAt(0) + index),
    port: await findFreePort(),
    process: undefined,
    isUp: false,
    kills: 0,
    report: { clients: 0, sent: 0, memory: 0 },
  };
}

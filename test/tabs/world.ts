import type { Channel, Environment, Locks, PageEvent } from '../../src/tabs/environment.js';
import type { Message } from '../../src/tabs/message.js';
import { createRandom } from '../random.js';

type Random = () => number;

/** Something that is alive until it is killed, and may be stalled: what happens to it then happens later. */
export class Process {
  isAlive = true;
  stalledUntil = 0;
  /** In milliseconds: how wrong its clock is. */
  skew = 0;

  stall(until: number): void {
    this.stalledUntil = Math.max(this.stalledUntil, until);
  }
}

interface Task {
  time: number;
  order: number;
  process: Process | undefined;
  run: () => void;
}

interface LockRequest {
  readonly process: Process;
  readonly callback: () => Promise<void> | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Lock {
  holder: LockRequest | undefined;
  readonly pending: LockRequest[];
}

const abortError = () => new DOMException('Aborted', 'AbortError');

/** How bad the channels are. */
export interface Chaos {
  /** In milliseconds. */
  readonly delay: number;
  /** Whether messages overtake each other. */
  readonly reorders: boolean;
  /** In milliseconds: how far clocks may be apart. */
  readonly skew: number;
  /** The share of messages that are lost. */
  readonly loss: number;
}

/** A world with a clock of its own, and what browsers give to the pages of an origin. */
export class World {
  readonly random: Random;
  readonly chaos: Chaos;
  now = 0;
  #order = 0;
  #tasks: Task[] = [];
  readonly #locks = new Map<string, Lock>();
  readonly #channels = new Map<string, Set<FakeChannel>>();
  /** When the last message from one to another arrives. */
  readonly #arrivals = new Map<FakeChannel, Map<FakeChannel, number>>();
  readonly #flying = new Set<{ from: Process; isLost: boolean; sent: number }>();
  isCalm = false;
  posted = 0;

  constructor(seed: number, chaos: Chaos) {
    this.random = createRandom(seed);
    this.chaos = chaos;
  }

  chance = (share: number): boolean => this.random() < share;
  pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(this.random() * list.length)];
  between = (least: number, most: number): number => least + this.random() * (most - least);

  /** Runs something later, if the process still lives. Returns how to prevent that. */
  later(delay: number, run: () => void, process?: Process): () => void {
    const task: Task = { time: this.now + delay, order: this.#order++, process, run };
    this.#insert(task);
    return () => {
      task.run = () => {};
    };
  }

  #insert(task: Task): void {
    const tasks = this.#tasks;
    let low = 0;
    let high = tasks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = tasks[middle] as Task;
      if (other.time > task.time || (other.time === task.time && other.order > task.order)) low = middle + 1;
      else high = middle;
    }
    tasks.splice(low, 0, task);
  }

  /** Lets time pass, and whatever happens in it. */
  async run(duration: number): Promise<void> {
    const end = this.now + duration;
    for (;;) {
      const task = this.#tasks.at(-1);
      if (!task || task.time > end) break;
      this.#tasks.pop();
      this.now = Math.max(this.now, task.time);
      if (task.process && !task.process.isAlive) continue;
      if (task.process && task.process.stalledUntil > this.now) {
        task.time = task.process.stalledUntil;
        this.#insert(task);
        continue;
      }
      task.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.now = end;
  }

  /** Ends a process at once. Of what it sent last, some reaches nobody, or only some. */
  kill(process: Process): void {
    process.isAlive = false;
    for (const message of this.#flying) {
      if (message.from === process && this.now - message.sent < 20) message.isLost ||= this.chance(0.5);
    }
    for (const channels of this.#channels.values()) {
      for (const channel of channels) if (channel.process === process) channels.delete(channel);
    }
    for (const lock of this.#locks.values()) {
      lock.pending.splice(0, Infinity, ...lock.pending.filter((request) => request.process !== process));
      if (lock.holder?.process === process) this.#release(lock, lock.holder);
    }
  }

  #lock(name: string): Lock {
    const lock = this.#locks.get(name) ?? { holder: undefined, pending: [] };
    this.#locks.set(name, lock);
    return lock;
  }

  #grant(lock: Lock): void {
    if (lock.holder) return;
    const request = lock.pending.shift();
    if (!request) return;
    lock.holder = request;
    this.later(
      this.between(0, 5),
      () => {
        if (lock.holder !== request) return;
        const release = () => this.later(this.between(0, 2), () => this.#release(lock, request));
        Promise.resolve(request.callback()).then(release, release);
      },
      request.process,
    );
  }

  #release(lock: Lock, request: LockRequest): void {
    if (lock.holder !== request) return;
    lock.holder = undefined;
    this.later(0, () => request.resolve(), request.process);
    this.#grant(lock);
  }

  /** The locks as one process sees them. */
  locksOf(process: Process): Locks {
    return {
      request: (name, { signal, steal }, callback) =>
        new Promise((resolve, reject) => {
          const lock = this.#lock(name);
          const request: LockRequest = { process, callback, resolve: () => resolve(undefined), reject };
          if (signal?.aborted) return reject(abortError());
          if (steal) {
            const robbed = lock.holder;
            lock.holder = undefined;
            // It may learn of that late.
            if (robbed) this.later(this.between(0, 50), () => robbed.reject(abortError()), robbed.process);
            lock.pending.unshift(request);
          } else lock.pending.push(request);
          signal?.addEventListener('abort', () => {
            const index = lock.pending.indexOf(request);
            if (index < 0) return;
            lock.pending.splice(index, 1);
            reject(abortError());
          });
          this.#grant(lock);
        }),
      query: () =>
        new Promise((resolve) => {
          this.later(
            this.between(0, 3),
            () => {
              const pending = [...this.#locks].flatMap(([name, lock]) => lock.pending.map(() => ({ name })));
              resolve({ pending });
            },
            process,
          );
        }),
    };
  }

  openChannel(name: string, process: Process): Channel {
    const channel = new FakeChannel(this, name, process);
    const channels = this.#channels.get(name) ?? new Set();
    this.#channels.set(name, channels.add(channel));
    return channel;
  }

  post(from: FakeChannel, message: Message): void {
    const channels = this.#channels.get(from.name);
    if (!channels?.has(from) || !from.process.isAlive) return;
    for (const to of channels) {
      if (to === from) continue;
      this.posted++;
      if (!this.isCalm && this.chance(this.chaos.loss)) continue;
      const flight = { from: from.process, isLost: false, sent: this.now };
      this.#flying.add(flight);
      this.later(
        this.#fly(from, to),
        () => {
          this.#flying.delete(flight);
          if (!flight.isLost && channels.has(to)) to.onmessage?.({ data: structuredClone(message) });
        },
        to.process,
      );
    }
  }

  /** How long a message takes. */
  #fly(from: FakeChannel, to: FakeChannel): number {
    const delay = this.between(0, this.isCalm ? 5 : this.chaos.delay);
    if (this.chaos.reorders && !this.isCalm) return delay;
    const arrivals = this.#arrivals.get(from) ?? new Map<FakeChannel, number>();
    this.#arrivals.set(from, arrivals);
    const arrival = Math.max(arrivals.get(to) ?? 0, this.now + delay);
    arrivals.set(to, arrival);
    return arrival - this.now;
  }

  close(channel: FakeChannel): void {
    this.#channels.get(channel.name)?.delete(channel);
  }
}

class FakeChannel implements Channel {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  readonly name: string;
  readonly process: Process;
  readonly #world: World;

  constructor(world: World, name: string, process: Process) {
    this.#world = world;
    this.name = name;
    this.process = process;
  }

  postMessage(message: Message): void {
    this.#world.post(this, message);
  }

  close(): void {
    this.#world.close(this);
  }
}

/** What a server does with its connections. */
export class Server {
  readonly #world: World;
  /** IDs are one more than the index. */
  readonly log: string[] = [];
  readonly #connections = new Set<Connection>();
  /** Until then it refuses. */
  downUntil = 0;
  requests = 0;
  /** The most connections at a time since this was reset. */
  most = 0;

  constructor(world: World) {
    this.#world = world;
  }

  get open(): number {
    return this.#connections.size;
  }

  emit(): void {
    // Contents repeat.
    this.log.push(`event ${this.log.length % 3}`);
    for (const connection of this.#connections) connection.flush();
  }

  say(text: string): void {
    for (const connection of this.#connections) connection.write(text);
  }

  /** Breaks all connections, or ends them. */
  cut(isEnd: boolean): void {
    for (const connection of [...this.#connections])
      connection.finish(isEnd ? undefined : new TypeError('cut'));
  }

  fetchOf(process: Process): Environment['fetch'] {
    return (_url, { headers, signal }) =>
      new Promise((resolve, reject) => {
        const world = this.#world;
        signal.addEventListener('abort', () => reject(signal.reason));
        world.later(world.between(1, 40), () => {
          if (!process.isAlive || signal.aborted) return;
          this.requests++;
          const answer = () => this.#answer(headers.get('Last-Event-ID'), signal, process);
          const isDown = this.downUntil > world.now;
          const refusal = isDown && world.chance(0.5) ? new Response('busy', { status: 503 }) : undefined;
          const response = isDown ? refusal : answer();
          world.later(
            world.between(1, 20),
            () => (response ? resolve(response) : reject(new TypeError('refused'))),
            process,
          );
        });
      });
  }

  #answer(id: string | null, signal: AbortSignal, process: Process): Response {
    const connection = new Connection(
      this.#world,
      this,
      process,
      id === null ? this.log.length : Number(id),
      () => this.#connections.delete(connection),
    );
    this.#connections.add(connection);
    this.most = Math.max(this.most, this.#connections.size);
    signal.addEventListener('abort', () => connection.finish(signal.reason));
    connection.flush();
    const headers = new Headers({ 'Content-Type': 'text/event-stream' });
    return { url: 'https://example.org/feed', status: 200, headers, body: connection.stream } as Response;
  }

  /** Forgets connections of those that are dead. */
  bury(): void {
    for (const connection of [...this.#connections]) {
      if (!connection.process.isAlive) connection.finish(new TypeError('dead'));
    }
  }
}

class Connection {
  readonly stream: ReadableStream<Uint8Array>;
  readonly process: Process;
  readonly #world: World;
  readonly #server: Server;
  readonly #remove: () => void;
  #next: number;
  #text = '';
  #arrival = 0;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOver = false;

  constructor(world: World, server: Server, process: Process, next: number, remove: () => void) {
    this.#world = world;
    this.#server = server;
    this.process = process;
    this.#next = next;
    this.#remove = remove;
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.finish(undefined),
    });
  }

  flush(): void {
    let text = '';
    for (; this.#next < this.#server.log.length; this.#next++) {
      text += `id: ${this.#next + 1}\ndata: ${this.#server.log[this.#next]}\n\n`;
    }
    this.write(text);
  }

  write(text: string): void {
    this.#text += text;
    if (!this.#text || this.#isOver) return;
    // Cut anywhere: the rest comes with the next one, at the latest.
    const length = this.#world.chance(0.8) ? this.#text.length : Math.ceil(this.#text.length / 2);
    const chunk = new TextEncoder().encode(this.#text.slice(0, length));
    this.#text = this.#text.slice(length);
    this.#send(() => this.#controller?.enqueue(chunk));
    if (this.#text) this.#world.later(5, () => this.write(''), this.process);
  }

  #send(act: () => void): void {
    const world = this.#world;
    this.#arrival = Math.max(this.#arrival, world.now + world.between(0, 10));
    world.later(
      this.#arrival - world.now,
      () => {
        try {
          act();
        } catch {
          // It has been cancelled.
        }
      },
      this.process,
    );
  }

  finish(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#remove();
    this.#send(() => (error ? this.#controller?.error(error) : this.#controller?.close()));
  }
}

/** What a page does that is open in a tab. */
export class Page {
  isVisible = true;
  readonly observers: Set<(event: PageEvent) => void> = new Set();

  tell(event: PageEvent): void {
    for (const observer of [...this.observers]) observer(event);
  }
}

export function createEnvironment(world: World, server: Server, process: Process, page: Page): Environment {
  return {
    locks: world.locksOf(process),
    fetch: server.fetchOf(process),
    openChannel: (name) => world.openChannel(name, process),
    wait: (time, callback) => world.later(time, callback, process),
    now: () => world.now + process.skew,
    random: world.random,
    isVisible: () => page.isVisible,
    observe(callback) {
      page.observers.add(callback);
      return () => void page.observers.delete(callback);
    },
  };
}

import { createShare, type SharedFetch } from '../../src/tabs/share.js';
import { type Chaos, createEnvironment, Page, Process, Server, World } from './world.js';

/** What may happen in a sequence. */
export interface Plan extends Chaos {
  /** The name of each action, as often as it is likely. */
  readonly actions: readonly Action[];
  readonly steps: number;
  readonly tabs: number;
}

/** A source in a tab, as the class is one: it reads, and connects again from its last event ID on. */
class Client {
  readonly ids: number[] = [];
  readonly errors: string[] = [];
  readonly retries: string[] = [];
  readonly process: Process = new Process();
  readonly page: Page = new Page();
  readonly #world: World;
  readonly #fetch: SharedFetch;
  #controller = new AbortController();
  #isClosed = false;
  /** In milliseconds: between two reads. */
  slowness = 0;
  isHidden = false;

  constructor(world: World, server: Server, id?: number) {
    this.#world = world;
    this.process.skew = world.between(0, world.chaos.skew);
    this.#fetch = createShare({ key: 'k' }, createEnvironment(world, server, this.process, this.page));
    if (id !== undefined) this.ids.push(id);
    void this.#run();
  }

  get isAlive(): boolean {
    return this.process.isAlive && !this.#isClosed;
  }

  reconnect(): void {
    this.#controller.abort(new Error('reconnect'));
  }

  close(): void {
    this.#isClosed = true;
    this.#controller.abort(new Error('close'));
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      this.#controller = new AbortController();
      const wasAborted = this.#controller.signal;
      let wait: unknown = this.#world.between(100, 3000);
      try {
        const headers = new Headers({ Accept: 'text/event-stream' });
        const id = this.ids.at(-1);
        if (id !== undefined) headers.set('Last-Event-ID', String(id));
        const response = await this.#fetch('https://example.org/feed', {
          headers,
          signal: this.#controller.signal,
        });
        if (response.status !== 200) throw new Error(`status ${response.status}`);
        if (response.url !== 'https://example.org/feed') throw new Error('BUG: url');
        await this.#read(response);
        this.errors.push('end');
      } catch (error) {
        if (wasAborted.aborted) wait = 0;
        else this.errors.push(String(error));
        if (Object(error).until) wait = Object(error).until;
      }
      if (typeof wait === 'number') await this.#sleep(wait);
      else await wait;
      await this.#sleep(1);
    }
  }

  #sleep = (time: number) =>
    new Promise<void>((resolve) => void this.#world.later(time, resolve, this.process));

  async #read(response: Response): Promise<void> {
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const { signal } = this.#controller;
    signal.addEventListener('abort', () => void reader.cancel().catch(() => {}));
    const decoder = new TextDecoder();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) throw signal.reason;
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() as string;
      for (const block of blocks) this.#take(block);
      if (this.slowness) await this.#sleep(this.slowness);
    }
  }

  #take(block: string): void {
    const fields = new Map(block.split('\n').map((line) => line.split(': ') as [string, string]));
    const id = fields.get('id');
    if (fields.has('data')) {
      // Each event has one of its own.
      this.ids.push(Number(id));
      const expected = `event ${(Number(id) - 1) % 3}`;
      if (fields.get('data') !== expected) throw new Error(`BUG: ${block}`);
    }
  }
}

export type Action =
  | 'emit'
  | 'burst'
  | 'say'
  | 'wait'
  | 'open'
  | 'resume'
  | 'kill'
  | 'close'
  | 'reconnect'
  | 'stall'
  | 'freeze'
  | 'hide'
  | 'show'
  | 'turn'
  | 'slow'
  | 'cut'
  | 'restart';

interface Scene {
  readonly world: World;
  readonly server: Server;
  readonly clients: Client[];
  /** Those whose page is gone. */
  readonly gone: Client[];
}

const alive = ({ clients }: Scene) => clients.filter((client) => client.isAlive && !client.isHidden);

const ACTIONS: Record<Action, (scene: Scene) => unknown> = {
  emit: ({ server }: Scene) => server.emit(),
  burst: ({ server, world }: Scene) => {
    for (let count = world.between(5, 40); count > 0; count--) server.emit();
  },
  say: ({ server, world }: Scene) => server.say(world.chance(0.5) ? ':\n' : 'retry: 7\n\n'),
  wait: () => {},
  open: ({ world, server, clients }: Scene) => clients.push(new Client(world, server)),
  /** One that knows an ID from before, such as a page that was reloaded. */
  resume: ({ world, server, clients }: Scene) => {
    const id = Math.floor(world.between(Math.max(0, server.log.length - 30), server.log.length + 0.99));
    clients.push(new Client(world, server, id));
  },
  kill: (scene: Scene) => {
    const client = scene.world.pick(alive(scene));
    if (!client) return;
    scene.world.kill(client.process);
    scene.world.later(scene.world.between(0, 10), () => scene.server.bury());
    scene.gone.push(client);
  },
  close: (scene: Scene) => scene.world.pick(alive(scene))?.close(),
  reconnect: (scene: Scene) => scene.world.pick(alive(scene))?.reconnect(),
  stall: (scene: Scene) => {
    const client = scene.world.pick(alive(scene));
    if (client) client.process.stall(scene.world.now + scene.world.between(10, 3000));
  },
  freeze: (scene: Scene) => {
    const client = scene.world.pick(alive(scene));
    if (client) client.process.stall(scene.world.now + scene.world.between(10_000, 60_000));
  },
  hide: (scene: Scene) => {
    const client = scene.world.pick(alive(scene));
    if (!client) return;
    client.isHidden = true;
    client.page.tell('hide');
  },
  show: (scene: Scene) => {
    const client = scene.world.pick(scene.clients.filter(({ isHidden }) => isHidden));
    if (client) show(client);
  },
  turn: (scene: Scene) => {
    const client = scene.world.pick(alive(scene));
    if (!client) return;
    client.page.isVisible = !client.page.isVisible;
    client.page.tell('visibility');
  },
  slow: (scene: Scene) => {
    const client = scene.world.pick(alive(scene));
    if (client) client.slowness = scene.world.pick([0, 5, 200]) ?? 0;
  },
  cut: ({ server, world }: Scene) => server.cut(world.chance(0.3)),
  restart: ({ server, world }: Scene) => {
    server.cut(false);
    server.downUntil = world.now + world.between(10, 5000);
  },
};

function show(client: Client): void {
  client.isHidden = false;
  if (client.isAlive) client.page.tell('show');
}

export interface Outcome {
  readonly faults: string[];
  readonly errors: string[];
  readonly requests: number;
  readonly delivered: number;
}

/** Runs one sequence. The faults are what must not be. */
export async function drive(seed: number, plan: Plan): Promise<Outcome> {
  const world = new World(seed, plan);
  const server = new Server(world);
  const scene: Scene = { world, server, clients: [], gone: [] };
  const { clients } = scene;
  for (let count = 0; count < plan.tabs; count++) {
    ACTIONS.open(scene);
    await world.run(world.chance(0.5) ? 0 : world.between(0, 100));
  }
  for (let step = 0; step < plan.steps; step++) {
    const action = world.pick(plan.actions) as Action;
    ACTIONS[action](scene);
    await world.run(world.chance(0.3) ? 0 : world.between(0, 120));
  }
  // Whatever was wrong, it ends, and then all catch up.
  world.isCalm = true;
  server.downUntil = 0;
  for (const client of clients) {
    client.slowness = 0;
    if (client.isHidden) show(client);
  }
  for (let round = 0; round < 12; round++) {
    server.emit();
    await world.run(10_000);
  }
  server.emit();
  await world.run(200);
  return judge(scene);
}

function judge({ clients, server }: Scene): Outcome {
  const faults: string[] = [];
  const living = clients.filter(({ isAlive }) => isAlive);
  for (const [index, { ids, errors, isAlive }] of clients.entries()) {
    const wrong = ids.findIndex((id, place) => place && id !== (ids[place - 1] as number) + 1);
    if (wrong > 0) faults.push(`client ${index}: ${ids.slice(Math.max(0, wrong - 2), wrong + 2)} ${errors}`);
    if (isAlive && ids.at(-1) !== server.log.length) {
      faults.push(`client ${index} is behind: ${ids.at(-1)} of ${server.log.length} ${errors}`);
    }
    for (const error of errors) if (error.includes('BUG')) faults.push(error);
  }
  if (living.length && server.open !== 1) faults.push(`${server.open} connections for ${living.length}`);
  if (!living.length && server.open) faults.push(`${server.open} connections for nobody`);
  return {
    faults,
    errors: clients.flatMap(({ errors }) => errors),
    requests: server.requests,
    delivered: clients.reduce((sum, { ids }) => sum + ids.length, 0),
  };
}

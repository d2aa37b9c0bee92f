import type { Choices } from './choices.js';

/** A piece of an event stream that means one thing. */
export interface Item {
  readonly text: string;
  /** After this many characters it is whole: a CR ends a line, whether or not an LF follows. */
  readonly wholeAt: number;
  /** In the server's log. */
  readonly id?: number;
  readonly event?: { readonly type: string; readonly data: string };
  readonly comment?: string;
}

/** What an event of the server's log says, on whichever connection. */
interface Entry {
  readonly type: string;
  readonly data: string;
  /** Has an ID and no data, so that no event is dispatched. */
  readonly isSilent: boolean;
}

/** What the server needs of the one who drives the source. */
export interface Client {
  readonly choices: Choices;
  /** Whether the source has the `done` option, and so may be sent the sentinel. */
  readonly hasSentinel: boolean;
  log(line: string): void;
  /** Does something to the source, perhaps. */
  act(where: string, thrown?: 'caught' | 'reported'): void;
  /** A value now, later or never. */
  later<T>(what: string, make: () => T): T | Promise<T>;
  onRequest(connection: Connection, isHop: boolean): void;
}

export const SENTINEL = '[DONE]';

/** Where the server redirects to. */
const HOP = '/hop';

const STREAM = { 'Content-Type': 'text/event-stream' };
const encoder = new TextEncoder();

type Answer =
  | { readonly fails: 'network' | 'foreign abort' | 'throw' }
  | { readonly status: number; readonly headers: Record<string, string>; readonly hasBody: boolean };

const ok: Answer = { status: 200, headers: STREAM, hasBody: true };
const refuse = (status: number, headers = {}): Answer => ({ status, headers, hasBody: status !== 204 });

/** Other than the one that everybody hopes for. */
const TROUBLES: readonly Answer[] = [
  { status: 200, headers: STREAM, hasBody: false },
  refuse(200, { 'Content-Type': 'text/html' }),
  ...Array<Answer>(3).fill(refuse(401)),
  refuse(503),
  refuse(503, { 'Retry-After': '1' }),
  refuse(404),
  refuse(204),
  ...Array<Answer>(3).fill(refuse(307, { Location: HOP })),
  refuse(302, { Location: 'https://other.test/' }),
  ...Array<Answer>(3).fill({ fails: 'network' }),
  { fails: 'foreign abort' },
  { fails: 'throw' },
];

/** A redirect within the server keeps the query. */
function locate(answer: Answer, search: string): Answer {
  if ('fails' in answer || answer.headers['Location'] !== HOP) return answer;
  return { ...answer, headers: { Location: `${HOP}${search}` } };
}

/** A request, and what became of it. */
export class Connection {
  readonly number: number;
  readonly signal: AbortSignal;
  /** Whether it does what the signal says, as a real fetch does. */
  readonly isObedient: boolean;
  /** What the request said. */
  readonly lastEventId: string;
  state: 'requested' | 'rejected' | 'open' | 'ended' | 'broken' | 'cancelled' = 'requested';
  status = 0;
  response: Response | undefined;
  /** Somebody else reads the body of the refusal. */
  isTaken = false;
  /** Whether the source gave it up before it ended. Then it need not deliver what was sent. */
  isGivenUp = false;
  /** What has been written as a whole. */
  readonly sent: Item[] = [];
  /** How much of that the source has made known. */
  heard = 0;
  /** Whether somebody waits for the next chunk. */
  isAwaited = false;

  readonly #client: Client;
  readonly #server: RandomServer;
  readonly #lineEnd: string;
  /** How many chunks may wait to be read. 0: a chunk is written only when somebody waits for it. */
  readonly #room: number;
  readonly #splits: boolean;
  /** Writes as soon as somebody waits. */
  readonly #isQuick: boolean;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** What is being written, and how much of the first has been. */
  #writing: Item[] = [];
  #written = 0;
  /** How many items had been sent after each chunk. */
  readonly #chunkEnds: number[] = [];
  #cursor: number;

  constructor(
    server: RandomServer,
    client: Client,
    number: number,
    request: { lastEventId: string; signal: AbortSignal },
  ) {
    const { choices } = client;
    this.#server = server;
    this.#client = client;
    this.number = number;
    this.signal = request.signal;
    this.lastEventId = request.lastEventId;
    this.#cursor = Number(request.lastEventId);
    this.isObedient = !choices.chance(0.3);
    this.#room = choices.pick([0, 0, 0, 1, 4]);
    this.#splits = choices.chance(0.5);
    this.#isQuick = choices.chance(0.5);
    this.#lineEnd = choices.pick(['\n', '\n', '\r\n', '\r']);
    this.signal.addEventListener('abort', () => {
      this.isGivenUp ||= this.state === 'open';
      if (this.isObedient) this.break(this.signal.reason);
      client.act(`an abort listener of fetch ${number}`, 'reported');
    });
  }

  get isLive(): boolean {
    const isOpen = this.state === 'requested' || (this.state === 'open' && !this.isTaken);
    return isOpen && !this.signal.aborted;
  }

  get isRefused(): boolean {
    return (
      this.response !== undefined &&
      (this.status !== 200 || !this.response.headers.get('Content-Type')?.includes('event-stream'))
    );
  }

  /** Whether `reset()` may be called now, and does not make nonsense of what was written already. */
  isResettable(isInterpreting: boolean): boolean {
    return !this.#splits || (this.isUnbuffered && (isInterpreting || this.isAwaited));
  }

  /** After `reset()`: what was partial is written again. */
  rewind(): void {
    if (this.#written >= (this.#writing[0]?.wholeAt ?? 1)) this.#writing.shift();
    this.#written = 0;
  }

  answer(answer: Answer): Response {
    if ('fails' in answer) {
      this.state = 'rejected';
      const name = answer.fails === 'foreign abort' ? 'AbortError' : 'TypeError';
      throw Object.assign(new Error(answer.fails), { name });
    }
    this.status = answer.status;
    this.state = answer.hasBody ? 'open' : 'ended';
    const { status, headers } = answer;
    this.response = new Response(answer.hasBody ? this.#createBody() : null, { status, headers });
    this.#client.log(`fetch ${this.number} answers ${status} ${JSON.stringify(headers)}`);
    return this.response;
  }

  #createBody(): ReadableStream<Uint8Array> {
    const pull = () => {
      this.isAwaited = true;
      this.#intercept('pull');
      if (this.#isQuick && this.isWritable) this.write();
    };
    const cancel = () => {
      this.isGivenUp = true;
      if (this.state === 'open') this.state = 'cancelled';
      this.#client.log(`body ${this.number} is cancelled`);
      this.#intercept('cancel');
    };
    const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      this.#controller = controller;
    };
    return new ReadableStream({ start, pull, cancel }, { highWaterMark: this.#room });
  }

  #intercept(what: string): void {
    try {
      this.#client.act(`${what} of body ${this.number}`, 'caught');
    } catch (error) {
      // Otherwise it would break a few microtasks later, and nobody knows what has been read by then.
      this.break(error);
      throw error;
    }
  }

  /** The next step of an open body. */
  write(): void {
    const { choices } = this.#client;
    const what = choices.pick([
      'chunk',
      'chunk',
      'chunk',
      'chunk',
      'chunk',
      'chunk',
      'end',
      'break',
    ] as const);
    if (!this.#server.mayWrite()) return;
    if (what === 'chunk') this.#writeChunk();
    else if (what === 'end') {
      this.#client.log(`body ${this.number} ends`);
      this.state = 'ended';
      this.#controller?.close();
    } else this.break(new TypeError('terminated'));
  }

  get isUnbuffered(): boolean {
    return !this.#room;
  }

  get isWritable(): boolean {
    return this.state === 'open' && (this.#room > 0 || this.isAwaited);
  }

  break(reason: unknown): void {
    if (this.state !== 'open') return;
    this.#client.log(`body ${this.number} breaks`);
    this.#loseQueue();
    this.state = 'broken';
    this.#controller?.error(reason);
  }

  /** A stream that breaks forgets what nobody has read yet. */
  #loseQueue(): void {
    const queued = this.#room - (this.#controller?.desiredSize ?? 0);
    if (queued > 0) this.sent.length = this.#chunkEnds.at(-queued - 1) ?? 0;
  }

  #writeChunk(): void {
    const { choices } = this.#client;
    const count = choices.chance(this.#server.burstRate) ? 110 : choices.below(4) + 1;
    while (this.#writing.length < count) this.#writing.push(this.#createItem());
    const length = this.#writing.reduce((sum, { text }) => sum + text.length, -this.#written);
    const size = this.#splits ? 1 + choices.below(length) : length;
    let text = '';
    while (text.length < size) {
      const item = this.#writing[0] as Item;
      const part = item.text.slice(this.#written, this.#written + size - text.length);
      const before = this.#written;
      text += part;
      this.#written += part.length;
      if (before < item.wholeAt && this.#written >= item.wholeAt) this.sent.push(item);
      if (this.#written === item.text.length) {
        this.#writing.shift();
        this.#written = 0;
      }
    }
    this.#chunkEnds.push(this.sent.length);
    this.isAwaited = false;
    this.#client.log(`body ${this.number} gives ${JSON.stringify(text)}`);
    this.#controller?.enqueue(encoder.encode(text));
  }

  #createItem(): Item {
    const { choices } = this.#client;
    const kind = choices.pick(['entry', 'entry', 'entry', 'entry', 'comment', 'retry', 'noise'] as const);
    if (kind === 'comment') {
      const comment = ` comment ${this.#server.createNumber()}`;
      return this.#createLines([`:${comment}`], { comment });
    }
    if (kind === 'retry') return this.#createLines([`retry: ${choices.pick([1, 0, 50, 400])}`], {});
    if (kind === 'noise') {
      const data = `noise ${this.#server.createNumber()}`;
      return this.#createLines([`data: ${data}`, ''], { event: { type: 'message', data } });
    }
    const id = ++this.#cursor;
    const { type, data, isSilent } = this.#server.read(id);
    const idLine = `id: ${id}`;
    if (isSilent) return this.#createLines([idLine, ''], { id });
    const lines = data.split('\n').map((line) => `data: ${line}`);
    if (type !== 'message') lines.push(`event: ${type}`);
    return this.#createLines(choices.chance(0.5) ? [...lines, idLine, ''] : [idLine, ...lines, ''], {
      id,
      event: { type, data },
    });
  }

  #createLines(lines: readonly string[], meaning: Omit<Item, 'text' | 'wholeAt'>): Item {
    const text = lines.map((line) => line + this.#lineEnd).join('');
    return { text, wholeAt: text.length - this.#lineEnd.length + 1, ...meaning };
  }
}

/** A server with a log of events, which resumes where a client says that it stopped. */
export class RandomServer {
  readonly connections: Connection[] = [];
  /** How often there is so much in one chunk that no loop keeps up. */
  readonly burstRate: number;
  readonly #troubleRate: number;
  readonly #client: Client;
  readonly #entries = new Map<number, Entry>();
  #lastNumber = 0;
  /** How many more steps it takes: no sequence may go on for ever. */
  #steps = 60;

  constructor(client: Client) {
    this.#client = client;
    this.#troubleRate = client.choices.pick([0, 0.2, 0.6]);
    this.burstRate = client.choices.pick([0, 0, 0, 0.02, 0.4]);
  }

  readonly fetch = (url: string, init: { headers: Headers; signal: AbortSignal }): Promise<Response> => {
    const { choices } = this.#client;
    const { pathname, search, searchParams } = new URL(url);
    const { signal } = init;
    const lastEventId = init.headers.get('Last-Event-ID') ?? searchParams.get('since') ?? '';
    const number = this.connections.length + 1;
    const connection = new Connection(this, this.#client, number, { lastEventId, signal });
    this.#client.log(`fetch ${number} of ${pathname} from ${JSON.stringify(lastEventId)} on`);
    this.#client.onRequest(connection, pathname === HOP);
    this.connections.push(connection);
    const answer = choices.chance(this.#troubleRate) ? choices.pick(TROUBLES) : ok;
    if (!this.mayWrite()) return new Promise(() => {});
    try {
      this.#client.act(`fetch ${number}`, 'caught');
    } catch (error) {
      connection.state = 'rejected';
      throw error;
    }
    if ('fails' in answer && answer.fails === 'throw') connection.answer(answer);
    const respond = async () =>
      this.#client.later(`fetch ${number}`, () => {
        if (signal.aborted && connection.isObedient) throw signal.reason;
        return connection.answer(locate(answer, search));
      });
    const answered = respond();
    if (!connection.isObedient) return Promise.resolve(answered);
    return new Promise((resolve, reject) => {
      const abort = () => {
        if (connection.state === 'requested') connection.state = 'rejected';
        reject(signal.reason);
      };
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort);
      Promise.resolve(answered).then(resolve, reject);
    });
  };

  /** Writes to a body that somebody reads, if there is one. */
  step(): void {
    const open = this.connections.filter(({ isWritable }) => isWritable);
    if (open.length) this.#client.choices.pick(open).write();
  }

  mayWrite(): boolean {
    return this.#steps-- > 0;
  }

  createNumber(): number {
    return ++this.#lastNumber;
  }

  read(id: number): Entry {
    const entry = this.#entries.get(id) ?? this.#createEntry(id);
    this.#entries.set(id, entry);
    return entry;
  }

  #createEntry(id: number): Entry {
    const { choices, hasSentinel } = this.#client;
    const type = choices.pick(['message', 'message', 'message', 'custom', 'error', 'open']);
    const data = choices.pick([`${id}`, `${id}`, `${id}`, `${id}\n${id}`]);
    const isSilent = choices.chance(0.1);
    const isSentinel = choices.chance(0.08) && hasSentinel;
    return { type, data: isSentinel ? SENTINEL : data, isSilent };
  }
}

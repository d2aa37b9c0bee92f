/** One event of the feed, as the log keeps it. */
export interface FeedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** How many events the log keeps: some minutes of absence can be made up for, and memory stays bounded. */
const LOG_LENGTH = 1000;

/** How many events somebody gets who comes without an ID. */
const RECENT = 5;

const PAGES = ['/', '/pricing', '/docs', '/docs/install', '/docs/recipes', '/blog', '/changelog'];
const COUNTRIES = ['BR', 'CA', 'DE', 'FR', 'IN', 'JP', 'KE', 'NO', 'PL', 'US'];
const PLANS = ['free', 'team', 'business'];

/** The visits and signups of a website, made up as time goes by, and the log of them that streams resume from. */
export class Feed {
  /** Begins each ID: a client that returns with one from an earlier run of the server must not resume here. */
  readonly run: string = Date.now().toString(36).slice(-4);
  /** How many events there were so far; also the number of the newest one. */
  written = 0;
  /** Called with each event once it is in the log. */
  readonly listeners: Set<(event: FeedEvent) => void> = new Set();
  readonly #log: FeedEvent[] = [];
  readonly #timer: NodeJS.Timeout;

  /** @param interval - milliseconds from one event to the next. */
  constructor(interval: number) {
    for (let i = 0; i < RECENT; i++) this.#write();
    this.#timer = setInterval(() => this.#write(), interval);
  }

  /** The ID that the next event will have. */
  get nextId(): string {
    return `${this.run}-${this.written + 1}`;
  }

  /** The events that somebody has missed who saw this ID last. */
  after(lastEventId: string): FeedEvent[] {
    const [run, number] = lastEventId.split('-');
    if (run !== this.run) return this.#log.slice(-RECENT);
    const dropped = this.written - this.#log.length;
    return this.#log.slice(Math.max(0, Number(number) - dropped));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #write(): void {
    const isSignup = Math.random() < 0.3;
    const event = {
      id: this.nextId,
      type: isSignup ? 'signup' : 'message',
      data: JSON.stringify(
        isSignup
          ? { plan: pick(PLANS), country: pick(COUNTRIES) }
          : { page: pick(PAGES), country: pick(COUNTRIES), ms: Math.ceil(Math.random() * 400) },
      ),
    };
    this.written++;
    this.#log.push(event);
    if (this.#log.length > LOG_LENGTH) this.#log.shift();
    for (const listener of this.listeners) listener(event);
  }
}

function pick(values: string[]): string | undefined {
  return values[Math.floor(Math.random() * values.length)];
}

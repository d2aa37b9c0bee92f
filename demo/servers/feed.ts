/** One event of the feed, as the log keeps it. */
export interface FeedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** What a feed keeps when its server is restarted. */
export interface SavedFeed {
  readonly run: string;
  readonly written: number;
  readonly log: readonly FeedEvent[];
}

/** How many events the log keeps: some minutes of absence can be made up for, and memory stays bounded. */
const LOG_LENGTH = 1000;

/** How many events somebody gets who comes without an ID. */
const RECENT = 5;

const PAGES = ['/', '/pricing', '/docs', '/docs/install', '/docs/recipes', '/blog', '/changelog'];
// Some take more than one byte a letter: a drip of single bytes must not spoil them.
const CITIES = ['Nairobi', 'São Paulo', 'Zürich', 'Αθήνα', 'Kraków', 'Reykjavík', 'Toronto', 'Київ'];
const PLANS = ['free', 'team', 'business'];

/** The visits and signups of a website, made up as time goes by, and the log of them that streams resume from. */
export class Feed {
  /** Begins each ID: a client that returns with one from another log must not resume here. */
  readonly run: string;
  /** Called with each event once it is in the log. */
  readonly listeners: Set<(event: FeedEvent) => void> = new Set();
  readonly #log: FeedEvent[];
  readonly #timer: NodeJS.Timeout;
  #written: number;

  /**
   * @param interval - milliseconds from one event to the next.
   * @param saved - of an earlier run, which this one goes on from.
   */
  constructor(interval: number, saved?: SavedFeed) {
    this.run = saved?.run ?? Date.now().toString(36).slice(-4);
    this.#log = [...(saved?.log ?? [])];
    this.#written = saved?.written ?? 0;
    if (!saved) for (let i = 0; i < RECENT; i++) this.#write();
    this.#timer = setInterval(() => this.#write(), interval);
  }

  /** How many events there were so far; also the number of the newest one. */
  get written(): number {
    return this.#written;
  }

  /** The ID that the next event will have. */
  get nextId(): string {
    return `${this.run}-${this.#written + 1}`;
  }

  /** The events that somebody has missed who saw this ID last. */
  after(lastEventId: string): FeedEvent[] {
    const [run, number] = lastEventId.split('-');
    if (run !== this.run) return this.#log.slice(-RECENT);
    const dropped = this.#written - this.#log.length;
    return this.#log.slice(Math.max(0, Number(number) - dropped));
  }

  toJSON(): SavedFeed {
    return { run: this.run, written: this.#written, log: this.#log };
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
          ? { plan: pick(PLANS), city: pick(CITIES) }
          : { page: pick(PAGES), city: pick(CITIES), ms: Math.ceil(Math.random() * 400) },
      ),
    };
    this.#written++;
    this.#log.push(event);
    if (this.#log.length > LOG_LENGTH) this.#log.shift();
    for (const listener of this.listeners) listener(event);
  }
}

function pick(values: string[]): string | undefined {
  return values[Math.floor(Math.random() * values.length)];
}

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

/** How many events the log keeps: enough for some minutes of absence, and memory stays bounded. */
const LOG_LENGTH = 1000;

/** How many events a client without an ID gets. */
const RECENT = 5;

const PAGES = ['/', '/pricing', '/docs', '/docs/install', '/docs/recipes', '/blog', '/changelog'];
// Some letters take more than one byte: a drip of single bytes must not spoil them.
const CITIES = ['Nairobi', 'São Paulo', 'Zürich', 'Αθήνα', 'Kraków', 'Reykjavík', 'Toronto', 'Київ'];
const PLANS = ['free', 'team', 'business'];

/** Makes up visits and signups of a website, and keeps the log that streams resume from. */
export class Feed {
  /** Each ID begins with it: a client that returns with an ID from another log must not resume here. */
  readonly run: string;
  /** Called with each event once it is in the log. */
  readonly listeners: Set<(event: FeedEvent) => void> = new Set();
  readonly #log: FeedEvent[];
  readonly #timer: NodeJS.Timeout;
  #written: number;

  /**
   * @param interval - milliseconds between events.
   * @param saved - of an earlier run, which this one continues.
   */
  constructor(interval: number, saved?: SavedFeed) {
    this.run = saved?.run ?? Date.now().toString(36).slice(-4);
    this.#log = [...(saved?.log ?? [])];
    this.#written = saved?.written ?? 0;
    if (!saved) for (let i = 0; i < RECENT; i++) this.#write();
    this.#timer = setInterval(() => this.#write(), interval);
  }

  /** How many events there have been, which is also the number of the newest one. */
  get written(): number {
    return this.#written;
  }

  /** The ID that the next event will have. */
  get nextId(): string {
    return `${this.run}-${this.#written + 1}`;
  }

  /** The events after this ID, which a client has missed. */
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

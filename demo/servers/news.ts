import { randomUUID } from 'node:crypto';

/** A piece of news for some of the readers. */
export interface News {
  readonly id: string;
  readonly type: 'post' | 'quote';
  /** An author of posts, or the symbol of a stock. */
  readonly topic: string;
  readonly data: string;
}

/** How much of the past is kept for clients that come back. */
const LOG_LENGTH = 500;
/** How much of it new clients get. */
const RECENT = 12;

const POSTS: Record<string, string[]> = {
  '@weather': ['Rain by noon, sun by four.', 'A cold night ahead: cover the lemons.', 'No wind to speak of.'],
  '@seedbank': [
    'Six kinds of tomato are in.',
    'Beans want warm soil; wait a week.',
    'Sow thin, thank us later.',
  ],
  '@compost': [
    'Turned the heap. It steams.',
    'Coffee grounds: yes. Citrus: sparingly.',
    'Worms report for work.',
  ],
  '@harbour': ['Berth 4 is free from six.', 'Fog on the outer mole.', 'The crane is back in service.'],
  '@tides': ['High water at 14:20, 3.1 m.', 'Springs this week: mind the bar.', 'Slack in half an hour.'],
  '@rigging': [
    'Check your shackles before the weekend.',
    'New rope, old knots.',
    'A reef early is a reef easy.',
  ],
};

const START_PRICES: Record<string, number> = { LEAF: 41, SOIL: 18, RAIN: 95, SAIL: 63, ROPE: 12, WIND: 120 };

/** What each user of the demo follows. */
export const FOLLOWS: Record<string, readonly string[]> = {
  gardener: ['@weather', '@seedbank', '@compost', 'LEAF', 'SOIL', 'RAIN'],
  sailor: ['@weather', '@harbour', '@tides', '@rigging', 'SAIL', 'ROPE', 'WIND'],
};

/** Makes up posts and stock quotes, and keeps the log that streams resume from. */
export class NewsDesk {
  readonly listeners: Set<(news: News) => void> = new Set();
  /** Each ID begins with it: a client that returns with an ID from another run must not resume here. */
  readonly #run = randomUUID().slice(0, 4);
  readonly #log: News[] = [];
  readonly #prices: Record<string, number> = { ...START_PRICES };
  readonly #timer: NodeJS.Timeout;
  #written = 0;

  /** @param interval - milliseconds between pieces of news. */
  constructor(interval: number) {
    for (let i = 0; i < 4 * RECENT; i++) this.#write();
    this.#timer = setInterval(() => this.#write(), interval);
  }

  /** What a reader of these topics has missed after this ID; for a new one, the latest news. */
  after(lastEventId: string, topics: readonly string[]): News[] {
    const index = this.#log.findIndex(({ id }) => id === lastEventId);
    const mine = this.#log.slice(index + 1).filter(({ topic }) => topics.includes(topic));
    return index < 0 ? mine.slice(-RECENT) : mine;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #write(): void {
    const id = `${this.#run}-${++this.#written}`;
    // Old quotes are worthless; posts are still read.
    const news: News = this.#written % 3 ? this.#quote(id) : this.#post(id);
    this.#log.push(news);
    if (this.#log.length > LOG_LENGTH) this.#log.shift();
    for (const listener of this.listeners) listener(news);
  }

  #post(id: string): News {
    const topic = pick(Object.keys(POSTS));
    const data = { author: topic, text: pick(POSTS[topic] ?? []), at: Date.now() };
    return { id, type: 'post', topic, data: JSON.stringify(data) };
  }

  #quote(id: string): News {
    const topic = pick(Object.keys(this.#prices));
    const price = Math.max(1, (this.#prices[topic] ?? 1) * (0.985 + Math.random() * 0.03));
    this.#prices[topic] = price;
    return {
      id,
      type: 'quote',
      topic,
      data: JSON.stringify({ symbol: topic, price: Number(price.toFixed(2)) }),
    };
  }
}

function pick(values: readonly string[]): string {
  return values[Math.floor(Math.random() * values.length)] ?? '';
}

import { type Browser, type BrowserContext, chromium, firefox, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { Site } from './site.js';

const { name, executablePath } = inject('engine');
const isChromium = name === 'chromium';

/** `TABS=20 ROUNDS=5 npm run test:tabs` takes longer. */
const { TABS = '6', ROUNDS = isChromium ? '2' : '1' } = process.env;

interface State {
  readonly ids: number[];
  readonly errors: string[];
  readonly comments: number;
  readonly isLeading: boolean;
  readonly shows: boolean[];
}

const site = new Site();
let browser: Browser;
beforeAll(async () => {
  await site.start();
  browser = await (isChromium
    ? chromium.launch({
        executablePath,
        args: ['--no-sandbox'],
        ignoreDefaultArgs: ['--disable-back-forward-cache'],
      })
    : firefox.launch({ executablePath, channel: 'moz-firefox' }));
});
afterAll(async () => {
  await browser?.close();
  await site.stop();
});

/** The tabs of one browser profile. */
class Tabs {
  readonly pages: Page[] = [];
  readonly #feed: string;
  readonly #context: BrowserContext;

  constructor(context: BrowserContext, feed: string) {
    this.#context = context;
    this.#feed = feed;
  }

  async open(): Promise<Page> {
    const page = await this.#context.newPage();
    await this.visit(page);
    this.pages.push(page);
    return page;
  }

  async visit(page: Page): Promise<void> {
    await page.goto(`${site.url}/tab?feed=${this.#feed}`);
    await page.waitForFunction(() => (globalThis as unknown as { state: object }).state);
  }

  async leader(): Promise<Page> {
    for (;;) {
      for (const page of this.pages) if ((await read(page)).isLeading) return page;
    }
  }

  remove(page: Page): void {
    this.pages.splice(this.pages.indexOf(page), 1);
  }
}

const read = (page: Page): Promise<State> =>
  page.evaluate(() => {
    const { source, ...state } = (globalThis as unknown as { state: State & { source: unknown } }).state;
    return state;
  });

let feeds = 0;

async function openTabs(count: number): Promise<{ tabs: Tabs; feed: string }> {
  const feed = `${++feeds}`;
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const tabs = new Tabs(context, feed);
  for (let index = 0; index < count; index++) await tabs.open();
  return { tabs, feed };
}

/** Waits until each tab has the last event, and returns what is wrong with what it has got. */
async function judge(tabs: Tabs, feed: string): Promise<string[]> {
  const last = () => site.feed(feed).next - 1;
  const faults: string[] = [];
  for (const [index, page] of tabs.pages.entries()) {
    await expect.poll(async () => (await read(page)).ids.at(-1), { timeout: 20_000 }).toBe(last());
    const { ids } = await read(page);
    const wrong = ids.findIndex((id, place) => place > 0 && id !== (ids[place - 1] as number) + 1);
    if (wrong >= 0) faults.push(`tab ${index}: ${ids.slice(wrong - 1, wrong + 1)}`);
  }
  return faults;
}

/** Sends one more event when all tabs listen: one that has just been opened may have joined behind the last. */
async function finish(tabs: Tabs, feed: string): Promise<void> {
  for (const page of tabs.pages) {
    await page.waitForFunction(
      () => (globalThis as unknown as { state: { source: EventSource } }).state.source.readyState === 1,
    );
  }
  site.emit(feed);
}

/** Sends events, so many a second, until the test is over or it is told to stop. */
function stream(feed: string, rate: number): () => void {
  const timer = setInterval(() => site.emit(feed, Math.max(1, rate / 50)), Math.max(20, 1000 / rate));
  const stop = () => clearInterval(timer);
  onTestFinished(stop);
  return stop;
}

const DEATHS: Record<string, (page: Page, tabs: Tabs) => Promise<void>> = {
  async close(page, tabs) {
    tabs.remove(page);
    await page.close();
    await tabs.open();
  },
  async reload(page) {
    await page.reload();
  },
  async navigation(page, tabs) {
    tabs.remove(page);
    await page.goto(`${site.url}/other`);
    await page.close();
    await tabs.open();
  },
};
// Playwright cannot crash a page of Firefox.
if (isChromium) {
  DEATHS['crash'] = async (page, tabs) => {
    tabs.remove(page);
    const session = await page.context().newCDPSession(page);
    const crashed = page.waitForEvent('crash');
    void session.send('Page.crash').catch(() => {});
    await crashed;
    await tabs.open();
  };
}

test('ten tabs have one connection, and other requests go through', async () => {
  const { tabs, feed } = await openTabs(10);
  site.emit(feed, 3);
  expect(await judge(tabs, feed)).toEqual([]);
  expect(site.feed(feed).clients.size).toBe(1);
  expect(site.feed(feed).requests).toBe(1);
  const page = tabs.pages[9] as Page;
  expect(await page.evaluate(async () => (await fetch('/api')).status)).toBe(200);
});

test.each([50, 500])(
  'at %i events a second, leaders die in every way and nothing is lost or doubled',
  async (rate) => {
    const { tabs, feed } = await openTabs(Number(TABS));
    const stop = stream(feed, rate);
    for (let round = 0; round < Number(ROUNDS); round++) {
      for (const die of Object.values(DEATHS)) await die(await tabs.leader(), tabs);
    }
    stop();
    await finish(tabs, feed);
    expect(await judge(tabs, feed)).toEqual([]);
    for (const page of tabs.pages) expect((await read(page)).errors).toEqual([]);
    await expect.poll(() => site.feed(feed).clients.size).toBe(1);
  },
);

test('connections are cut, the server restarts, leaders die in between, and nothing is lost or doubled', async () => {
  const { tabs, feed } = await openTabs(6);
  const stop = stream(feed, 200);
  for (const die of Object.values(DEATHS)) {
    site.cut(feed);
    await tabs.leader();
    await site.stop();
    await site.start();
    await die(await tabs.leader(), tabs);
  }
  stop();
  await finish(tabs, feed);
  expect(await judge(tabs, feed)).toEqual([]);
  await expect.poll(() => site.feed(feed).clients.size).toBe(1);
});

test('the last tab that closes ends the connection', async () => {
  const { tabs, feed } = await openTabs(2);
  for (const page of tabs.pages) await page.close();
  await expect.poll(() => site.feed(feed).clients.size).toBe(0);
});

// Firefox's driver keeps pages from the cache.
test.skipIf(!isChromium).each([0, 1])(
  'a tab goes to the back/forward cache and comes back, as leader or follower (%i)',
  async (index) => {
    const { tabs, feed } = await openTabs(2);
    await expect.poll(() => site.feed(feed).clients.size).toBe(1);
    const page = tabs.pages[index] as Page;
    const other = tabs.pages[1 - index] as Page;
    site.emit(feed, 2);
    expect(await judge(tabs, feed)).toEqual([]);
    await page.goto(`${site.url}/other`);
    tabs.remove(page);
    site.emit(feed, 3);
    expect(await judge(tabs, feed)).toEqual([]);
    // A page from the cache does not load.
    await page.goBack({ waitUntil: 'commit' });
    await expect.poll(async () => (await read(page)).shows).toEqual([false, true]);
    tabs.pages.push(page);
    site.emit(feed, 2);
    expect(await judge(tabs, feed)).toEqual([]);
    expect((await read(page)).ids).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const each of [page, other]) expect((await read(each)).errors).toEqual([]);
  },
);

test('in an outage all tabs together try about as often as one alone', async () => {
  const together = await openTabs(6);
  const alone = await openTabs(1);
  const feeds = [together, alone].map(({ feed }) => site.feed(feed));
  for (const { tabs, feed } of [together, alone]) {
    site.emit(feed);
    expect(await judge(tabs, feed)).toEqual([]);
  }
  for (const feed of feeds) {
    feed.isRefusing = true;
    feed.requests = 0;
  }
  for (const { feed } of [together, alone]) site.cut(feed);
  await expect.poll(() => feeds[1]?.requests).toBe(4);
  expect(feeds[0]?.requests).toBeLessThanOrEqual(6);
  for (const feed of feeds) feed.isRefusing = false;
  site.emit(together.feed);
  expect(await judge(together.tabs, together.feed)).toEqual([]);
});

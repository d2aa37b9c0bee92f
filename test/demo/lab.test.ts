import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import type { Demo } from '../../demo/demo.js';
import { open, picture, wantsPictures } from './browsers.js';
import { ask, start } from './start.js';

const isIn = (page: Page, state: string) => page.waitForSelector(`body[data-state=${state}]`);

/** Waits until the page has every event that the server has written so far. */
async function catchUp(page: Page, demo: Demo): Promise<void> {
  const { written } = await ask(demo, '/lab/stats');
  await page.waitForFunction((least) => {
    const { lastEventId } = document.body.dataset;
    return Number(lastEventId?.split('-')[1]) >= least;
  }, Number(written));
}

const numberOf = (id = ''): number => Number(id.split('-')[1]);

const shownIds = (page: Page): Promise<string[]> =>
  page.$$eval('#messages li', (items) => items.map(({ dataset: { id = '' } }) => id));

/** The row of a client in the table of counts. */
async function counts(page: Page, client: 'ours' | 'native'): Promise<number[]> {
  return (await page.locator(`#${client} td`).allTextContents()).map(Number);
}

/** Each fault, and what the timeline says about it. */
const FAULTS: [button: string, ours: RegExp, native: RegExp][] = [
  ['Cut', /The connection broke\s*\S+ s = 0.2 s retry \+ \S+ s random/, /Interrupted/],
  ['Reset', /The connection broke\s*\S+ s = /, /Interrupted/],
  ['Stall', /Silence: taken for dead\s*\S+ s =/, /^$/],
  ['503', /Refused: 503\s*2.0 s, as Retry-After says/, /Closed for good/],
  ['401', /Refused: 401, token expired\s*again at once, with a new token/, /Closed for good/],
  ['Wrong content type', /Refused: no event stream\s*.* failure no. 1/, /Closed for good/],
  ['Slow drip', /^$/, /^$/],
  ['Redirect', /Redirected\s*to \/lab\/moved\/feed/, /Interrupted/],
  ['Stop the server', /failure no. \d/, /Interrupted/],
  ['Restart the server', /The (server ended the stream|connection broke)/, /Interrupted/],
];

test('every fault ends with nothing lost and nothing doubled, and the timeline shows it', async () => {
  const demo = await start();
  const page = await open(demo, '/lab/');
  await page.waitForSelector('#messages li');
  const first = numberOf((await shownIds(page)).at(-1));
  const track = (index: number) => page.locator('.track').nth(index);
  const stateOf = (index: number) => track(index).getAttribute('data-state');
  const nativeState = async () => {
    const state = await stateOf(1);
    if (state === 'closed') await page.click('#reopen');
    return state;
  };
  for (const [name, ours, native] of FAULTS) {
    const before = await Promise.all([0, 1].map((index) => track(index).locator('.note').count()));
    const since = async (index: number) =>
      (await track(index).locator('.note').allInnerTexts()).slice(before[index]).join('\n');
    await expect.poll(nativeState).toBe('open');
    await page.click(`button:text-is("${name}")`);
    await expect.poll(() => since(0), { message: name }).toMatch(ours);
    // Where the native one notices at all.
    if (native.source !== '^$') await expect.poll(() => since(1), { message: name }).toMatch(native);
    await expect.poll(() => stateOf(0)).toBe('open');
    await catchUp(page, demo);
    const { lost, doubled } = await page.evaluate(() => ({ ...document.body.dataset }));
    expect({ name, lost, doubled }).toEqual({ name, lost: '0', doubled: '0' });
  }
  await page.click('#toggle');
  await isIn(page, 'CLOSED');
  const [sent, received, lost, doubled] = await counts(page, 'ours');
  const { run, written } = await ask(demo, '/lab/stats');
  const newest = numberOf((await page.getAttribute('body', 'data-last-event-id')) ?? '');
  expect({ received, lost, doubled }).toEqual({ received: newest - first + 1, lost: 0, doubled: 0 });
  expect(sent).toBeLessThanOrEqual(Number(written) - first + 1);
  expect((await shownIds(page))[0]).toBe(`${run}-${newest}`);
});

test.runIf(wantsPictures)('the timeline is drawn', async () => {
  const demo = await start({ interval: 500, reconnectionTime: 1000, stopDuration: 3000 });
  const page = await open(demo, '/lab/');
  for (const fault of ['cut', 'unavailable', 'stop']) {
    // So that one can read the text for each.
    const { length } = await shownIds(page);
    await page.waitForSelector(`#messages li:nth-child(${length + 12})`);
    await isIn(page, 'OPEN');
    await page.click(`[data-fault=${fault}]`);
    await isIn(page, 'CONNECTING');
    await isIn(page, 'OPEN');
    if (await page.isEnabled('#reopen')) await page.click('#reopen');
  }
  await page.waitForSelector('.note:has-text("missed events")');
  await picture(page, 'lab');
});

test('the token expires while the user watches, and the stream goes on', async () => {
  const demo = await start({ tokenLifetime: 1500 });
  const page = await open(demo, '/lab/');
  await page.waitForSelector('#attempts [data-state="end-of-stream"]');
  await page.waitForSelector('#attempts [data-state="401"]');
  await isIn(page, 'OPEN');
  await catchUp(page, demo);
  const { lost, doubled, refreshed } = await page.evaluate(() => ({ ...document.body.dataset }));
  expect({ lost, doubled }).toEqual({ lost: '0', doubled: '0' });
  expect(Number(refreshed)).toBeGreaterThan(0);
});

test('closing the feed and opening it again resumes after the last event', async () => {
  const demo = await start();
  const page = await open(demo, '/lab/');
  await page.waitForSelector('#messages li');
  await page.click('#toggle');
  await isIn(page, 'CLOSED');
  const last = await page.getAttribute('body', 'data-last-event-id');
  await page.click('#toggle');
  await page.waitForSelector(`#attempts li:has-text("resumes after ${last}")`);
  await catchUp(page, demo);
  const { lost, doubled } = await page.evaluate(() => ({ ...document.body.dataset }));
  expect({ lost, doubled }).toEqual({ lost: '0', doubled: '0' });
});

test('a message opens up to all the properties of its event', async () => {
  const demo = await start();
  const page = await open(demo, '/lab/');
  await page.click('#messages [data-type=signup] summary');
  const row = (name: string) => page.textContent(`.properties div:has(dt:text-is("${name}")) dd`);
  expect(await row('type')).toBe('"signup"');
  expect(await row('data')).toMatch(/^"\{"plan":/);
  expect(await row('origin')).toBe(`"${demo.url}"`);
  expect(await row('lastEventId')).toMatch(/^"\w+-\d+"$/);
  expect(await row('currentTarget')).toMatch(/EventSource/);
});

test('a stream without a valid token is refused', async () => {
  const demo = await start();
  const response = await fetch(`${demo.url}/lab/feed`, { headers: { Authorization: 'Bearer stale' } });
  expect(response.status).toBe(401);
  expect(response.headers.get('WWW-Authenticate')).toContain('Bearer');
});

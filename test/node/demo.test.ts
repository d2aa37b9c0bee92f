import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import { expect, onTestFinished, test } from 'vitest';
import type { Demo, DemoOptions } from '../../demo/demo.js';
import { startDemo } from '../../demo/server.js';

const { CHROMIUM_PATH: executablePath = '/usr/bin/chromium', CI } = process.env;
const hasBrowser = existsSync(executablePath) || CI !== undefined;
const root = fileURLToPath(new URL('../..', import.meta.url));

/** So fast that a walk through everything takes seconds. */
const FAST: DemoOptions = { interval: 100, reconnectionTime: 200, wordInterval: 25 };

async function start(options: DemoOptions = {}): Promise<Demo> {
  const demo = await startDemo(0, { ...FAST, ...options });
  onTestFinished(() => demo.close());
  return demo;
}

/** Opens the page; whatever it complains about ends up in the list. */
async function open(demo: Demo): Promise<{ page: Page; complaints: string[] }> {
  const browser: Browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser itself logs each request that was refused or broke, and those are what the demo is about.
    const isExpected = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isExpected) complaints.push(message.text());
  });
  await page.goto(demo.url);
  return { page, complaints };
}

const isIn = (page: Page, state: string) => page.waitForSelector(`body[data-state=${state}]`);

async function stats(demo: Demo): Promise<{ run: string; written: number }> {
  return (await fetch(`${demo.url}/stats`)).json();
}

/** Waits until the page has every event that the server has written so far. */
async function catchUp(page: Page, demo: Demo): Promise<void> {
  const { written } = await stats(demo);
  await page.waitForFunction((least) => {
    const { lastEventId } = document.body.dataset;
    return Number(lastEventId?.split('-')[1]) >= least;
  }, written);
}

/** Runs a script of the demo until its output matches. */
async function runUntil(pattern: RegExp, script: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], { cwd: root });
  onTestFinished(() => void child.kill());
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  for await (const chunk of child.stdout) {
    output += chunk;
    if (pattern.test(output)) return output;
  }
  throw new Error(`It ended after: ${output}`);
}

const numberOf = (id = ''): number => Number(id.split('-')[1]);

const shownIds = (page: Page): Promise<string[]> =>
  page.$$eval('#messages li', (items) => items.map(({ dataset: { id = '' } }) => id));

test.skipIf(!hasBrowser)(
  'the page goes through token, cut and stop without a lost event',
  async () => {
    const demo = await start({ tokenLifetime: 2000 });
    const { page, complaints } = await open(demo);
    await page.waitForSelector('#messages li');
    const first = numberOf((await shownIds(page)).at(-1));

    await page.waitForSelector('#attempts [data-state="end-of-stream"]');
    await page.waitForSelector('#attempts [data-state="401"]');
    await isIn(page, 'OPEN');
    await page.click('#cut');
    await page.waitForSelector('#attempts [data-state="network"]');
    await isIn(page, 'OPEN');
    await fetch(`${demo.url}/stop?seconds=1`, { method: 'POST' });
    await isIn(page, 'CONNECTING');
    await isIn(page, 'OPEN');
    await catchUp(page, demo);

    await page.click('#toggle');
    await isIn(page, 'CLOSED');
    const ids = await shownIds(page);
    const newest = numberOf(ids[0]);
    const { run } = await stats(demo);
    expect(ids).toEqual(ids.map((_, index) => `${run}-${newest - index}`));
    const { received, lost, doubled, refreshed } = await page.evaluate(() => ({ ...document.body.dataset }));
    expect({ received: Number(received), lost, doubled }).toEqual({
      received: newest - first + 1,
      lost: '0',
      doubled: '0',
    });
    expect(Number(refreshed)).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  },
  60_000,
);

test.skipIf(!hasBrowser)('closing the feed and opening it again resumes after the last event', async () => {
  const demo = await start();
  const { page, complaints } = await open(demo);
  await page.waitForSelector('#messages li');
  await page.click('#toggle');
  await isIn(page, 'CLOSED');
  const last = await page.getAttribute('body', 'data-last-event-id');
  await page.click('#toggle');
  await page.waitForSelector(`#attempts li:has-text("resumes after ${last}")`);
  await catchUp(page, demo);
  const { lost, doubled } = await page.evaluate(() => ({ ...document.body.dataset }));
  expect({ lost, doubled, complaints }).toEqual({ lost: '0', doubled: '0', complaints: [] });
});

test.skipIf(!hasBrowser)('a message opens up to all the properties of its event', async () => {
  const demo = await start();
  const { page } = await open(demo);
  await page.click('#messages [data-type=signup] summary');
  const row = (name: string) => page.textContent(`.properties div:has(dt:text-is("${name}")) dd`);
  expect(await row('type')).toBe('"signup"');
  expect(await row('data')).toMatch(/^"\{"plan":/);
  expect(await row('origin')).toBe(`"${demo.url}"`);
  expect(await row('lastEventId')).toMatch(/^"\w+-\d+"$/);
  expect(await row('currentTarget')).toMatch(/EventSource/);
});

test.skipIf(!hasBrowser)(
  'a prompt is answered, stopped on demand and resumed after a cut if asked for',
  async () => {
    const demo = await start();
    const { page, complaints } = await open(demo);
    const outcome = (text: string) => page.waitForSelector(`#outcome:has-text("${text}")`);
    const hasWords = () => page.waitForSelector('#answer:has-text("You asked")');
    await page.fill('#prompt', 'Why?');
    await page.click('#ask [type=submit]');
    await outcome('Complete, with');
    const answer = await page.textContent('#answer');
    expect(answer).toContain('You asked: “Why?”. A language model');

    await page.click('#ask [type=submit]');
    await hasWords();
    await page.click('#abort');
    await outcome('Stopped.');

    await page.click('#ask [type=submit]');
    await hasWords();
    await page.click('#cut');
    await outcome('Failed (not-resumable)');

    await page.check('#ask [name=reconnect]');
    await page.click('#ask [type=submit]');
    await hasWords();
    await page.click('#cut');
    await outcome('Interrupted (network)');
    await outcome('Complete, with');
    expect(await page.textContent('#answer')).toBe(answer);
    expect(complaints).toEqual([]);
  },
  60_000,
);

test('the Node script prints the feed without a gap while tokens expire', async () => {
  const demo = await start({ tokenLifetime: 1000 });
  const output = await runUntil(
    /(next attempt in \d+ ms\n[\s\S]* message \{[\s\S]*){2}/,
    'demo/node.ts',
    demo.url,
  );
  const numbers = [...output.matchAll(/^\w+-(\d+) (?:message|signup) \{/gm)].map(([, number]) =>
    Number(number),
  );
  expect(numbers).toEqual(numbers.map((_, index) => Number(numbers[0]) + index));
});

test('the Node script says what to do when there is no demo', async () => {
  const demo = await start();
  const { url } = demo;
  demo.close();
  expect(await runUntil(/npm run demo/, 'demo/node.ts', url)).toContain(`Nothing to read from at ${url}`);
});

test('the demo says where it is, and that a port is taken', async () => {
  const output = await runUntil(/Ctrl-C/, 'demo/server.ts', '0');
  expect(output).toMatch(/^Demo: http:\/\/localhost:\d+$/m);
  const { port } = await start();
  await expect(runUntil(/never/, 'demo/server.ts', String(port))).rejects.toThrow(`Port ${port} is in use`);
});

test('a stream without a valid token is refused', async () => {
  const demo = await start();
  const response = await fetch(`${demo.url}/feed`, { headers: { Authorization: 'Bearer stale' } });
  expect(response.status).toBe(401);
  expect(response.headers.get('WWW-Authenticate')).toContain('Bearer');
});

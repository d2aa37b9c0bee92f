import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import type { Demo } from '../../demo/demo.js';
import { open, picture, reaches } from './browsers.js';
import { expectAllHeard, start } from './start.js';

const isIn = (page: Page, state: string) => page.waitForSelector(`#state[data-state=${state}]`);
const count = async (page: Page, id: string): Promise<number> => Number(await page.textContent(`#${id}`));

/** Checks that the server and the page have the same counts. */
async function expectSameCount(page: Page, demo: Demo): Promise<void> {
  const client = await page.getAttribute('body', 'data-client');
  await expectAllHeard(demo, '/time/stats', client, () => count(page, 'received'));
}

/** Checks that nothing is shown twice and nothing is left out. */
async function expectAllShownOnce(page: Page): Promise<void> {
  const ids = await page.$$eval('#log [data-type=message]', (items) =>
    (items as HTMLElement[]).map(({ dataset }) => Number(dataset['id']?.slice(1))),
  );
  const newest = ids[0] ?? 0;
  expect(ids).toEqual(ids.map((_, index) => newest - index));
}

test('the time is shown, and what is sent again after an interruption is skipped', async () => {
  const demo = await start();
  const page = await open(demo, '/time/');
  await reaches(page, '#shown', 5);
  expect(await page.textContent('#log [data-type=message] .data')).toMatch(/^Server time: \d/);
  await page.click('#end');
  await page.waitForSelector('#log [data-type=error] >> text=end-of-stream');
  await reaches(page, '#skipped', 3);
  await expectSameCount(page, demo);
  await expectAllShownOnce(page);
  await picture(page, 'time');
});

test('pings keep a connection without events, silence ends it', async () => {
  const demo = await start({ pauseDuration: 6000 });
  const page = await open(demo, '/time/');
  await reaches(page, '#shown', 3);
  await page.click('#pause');
  const pings = await count(page, 'pings');
  // Together, these take longer than the time-out.
  await reaches(page, '#pings', pings + 40);
  expect(await page.locator('#log [data-type=error]').count()).toBe(0);
  await page.click('#silence');
  await page.waitForSelector('#log [data-type=error] >> text=idle-timeout');
  await isIn(page, 'OPEN');
  await expectSameCount(page, demo);
  await expectAllShownOnce(page);
});

test('after signing in, the private stream continues, and a revoked token is renewed', async () => {
  const demo = await start();
  const page = await open(demo, '/time/');
  await reaches(page, '#shown', 3);
  await page.check('#private');
  await page.waitForSelector('#log [data-type=token]');
  await isIn(page, 'OPEN');
  await page.click('#revoke');
  await page.waitForSelector('#log [data-type=token] ~ [data-type=token]');
  await isIn(page, 'OPEN');
  // Not by counts: an event may have been on its way when the page left the public stream.
  await expectAllShownOnce(page);
  expect((await fetch(`${demo.servers.time}/private/events`)).status).toBe(401);
});

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { FOLLOWS } from '../../demo/servers/news.js';
import { open, picture } from './browsers.js';
import { ask, expectAllHeard, start } from './start.js';

async function logIn(page: Page, user: string, password = 'demo'): Promise<void> {
  await page.fill('#user', user);
  await page.fill('#password', password);
  await page.click('button:text-is("Log in")');
}

test('the feed goes on while tokens expire, with no event lost or doubled, until the user logs out', async () => {
  const demo = await start({ accessLifetime: 1000 });
  const page = await open(demo, '/live/');
  await picture(page, 'live-login');
  await logIn(page, 'gardener', 'guess');
  await page.waitForSelector('[role=alert]:has-text("wrong password")');
  await logIn(page, 'gardener');
  await expect
    .poll(async () => Number(await page.getAttribute('.token', 'data-tokens')))
    .toBeGreaterThanOrEqual(4);
  const client = await page.getAttribute('.account', 'data-client');
  await expectAllHeard(demo, '/live/stats', client, () => page.getAttribute('.account', 'data-count'));
  const ids = await page.$$eval('.posts li', (items) =>
    items.map((item) => (item as HTMLElement).dataset['id']),
  );
  expect(new Set(ids).size).toBe(ids.length);
  await picture(page, 'live');

  await page.click('button:text-is("Log out")');
  await page.waitForSelector('#login-title');
  await expect.poll(() => ask(demo, '/live/stats')).toMatchObject({ streams: 0, sessions: 0 });
});

test('two users get different feeds, and a reload stays logged in', async () => {
  const demo = await start();
  const pages = await Promise.all(['gardener', 'sailor'].map(() => open(demo, '/live/')));
  for (const [index, user] of ['gardener', 'sailor'].entries()) {
    const page = pages[index] as Page;
    await logIn(page, user);
    await page.waitForSelector('.posts li:nth-child(10)');
    const shown = async () => [
      ...(await page.locator('.byline b').allTextContents()),
      ...(await page.locator('tbody th').allTextContents()),
    ];
    for (const topic of await shown()) expect(FOLLOWS[user]).toContain(topic);
    await page.reload();
    await page.waitForSelector(`h2:text-is("${user}")`);
    await page.waitForSelector('.posts li');
    for (const topic of await shown()) expect(FOLLOWS[user]).toContain(topic);
  }
});

test('a session unknown to the server leads back to the login', async () => {
  const demo = await start();
  const page = await open(demo, '/live/');
  await page.evaluate(() => sessionStorage.setItem('live-session', '{"user":"sailor","session":"old"}'));
  await page.reload();
  await page.waitForSelector('#login-title');
});

import { expect, test } from 'vitest';
import { open, picture } from './browsers.js';
import { start } from './start.js';

test('the index leads to every page, and each page back, by keyboard', async () => {
  const demo = await start();
  const page = await open(demo, '/');
  await picture(page, 'index');
  const titles = await page.locator('.index a').allTextContents();
  expect(titles).toHaveLength(7);
  for (const title of titles) {
    await page.focus(`.index a:text-is("${title}")`);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`h1:text-is("${title}")`);
    await page.focus('nav a');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.index');
  }
});

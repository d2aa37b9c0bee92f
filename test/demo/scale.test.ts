import { expect, onTestFinished, test } from 'vitest';
import { howToInstall } from '../../demo/scale/programs.js';
import { Scale } from '../../demo/scale/scale.js';
import { open, picture, reaches } from './browsers.js';

const hasPrograms = process.env['CI'] !== undefined || !howToInstall('nginx', 'redis-server');

test.runIf(hasPrograms)('a page goes on at another server when its own is killed', async () => {
  const scale = new Scale({
    port: 0,
    servers: 3,
    hasRedis: true,
    interval: 100,
    restartDelay: 500,
    reconnectionTime: 200,
  });
  onTestFinished(() => scale.close());
  await scale.start();
  const page = await open(scale, '/scale/');
  await reaches(page, '#received', 5);
  for (let connections = 2; connections <= 3; connections++) {
    await page.click(`button:text-is("Kill ${await page.textContent('#server')}")`);
    await reaches(page, '#changes', connections);
    await page.waitForSelector('[data-state=OPEN]');
  }
  scale.pause();
  const shows = async () => page.getAttribute('body', 'data-last');
  await expect.poll(shows).toBe(String(scale.published));
  await expect.poll(() => page.textContent('#published')).toBe(await page.textContent('#received'));
  expect(await page.textContent('#lost')).toBe('0');
  expect(await page.textContent('#doubled')).toBe('0');
  expect(await page.textContent('#log')).toBe('Redis Streams');
  await picture(page, 'scale');
});

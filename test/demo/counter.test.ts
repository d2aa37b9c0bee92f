import { expect, test } from 'vitest';
import { open, picture } from './browsers.js';
import { ask, start } from './start.js';

test('ten events come, with all their properties, and ten more when the server was restarted', async () => {
  const demo = await start();
  const page = await open(demo, '/counter/');
  const shown = () => page.locator('#messages .type').allTextContents();
  const ten = Array.from({ length: 10 }, (_, index) => `demo${10 - index}`);
  await page.waitForSelector('#messages :text-is("demo10")');
  expect(await shown()).toEqual(ten);

  await page.click('#messages button:has-text("demo3")');
  const property = (name: string) => page.textContent(`#properties tr:has(th:text-is("${name}")) td`);
  expect(await property('data')).toBe('"demo3"');
  expect(await property('type')).toBe('"message"');
  expect(await property('origin')).toBe(`"${demo.servers.counter}"`);
  expect(await property('lastEventId')).toMatch(/^"\w+-3"$/);
  expect(await property('eventPhase')).toBe('2');
  // Every property of a MessageEvent.
  const names = await page.locator('#properties th').allTextContents();
  for (const name of ['bubbles', 'cancelable', 'isTrusted', 'ports', 'source', 'target', 'timeStamp']) {
    expect(names).toContain(name);
  }
  await picture(page, 'counter');

  await page.click('#restart');
  await page.waitForSelector('#run:text-is("2")');
  await page.waitForSelector('#received:text-is("20")');
  expect(await shown()).toEqual([...ten, ...ten]);
  const client = await page.getAttribute('body', 'data-client');
  expect(await ask(demo, '/counter/stats')).toEqual({ streams: 1, sent: { [String(client)]: 20 } });
  await page.click('#close');
  await page.waitForSelector('[data-state=CLOSED]');
});

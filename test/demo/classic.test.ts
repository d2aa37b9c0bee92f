import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import type { Demo } from '../../demo/demo.js';
import { open, picture } from './browsers.js';
import { ask, expectAllHeard, start } from './start.js';

const CLIENTS = ['native', 'ours'];

/** Waits for an entry in the list of each client. */
async function bothSay(page: Page, type: string, text: string): Promise<void> {
  for (const id of CLIENTS) await page.waitForSelector(`#${id} [data-type=${type}]:has-text("${text}")`);
}

/** Waits until each client has as many events as the server says it has sent to it. */
async function expectSameCounts(page: Page, demo: Demo): Promise<void> {
  const client = await page.getAttribute('body', 'data-client');
  for (const id of CLIENTS) {
    await expectAllHeard(demo, '/classic/stats', `${client}-${id}`, () =>
      page.getAttribute(`#${id}`, 'data-events'),
    );
  }
}

test('native and ours hear the same from another origin until closed, and ours survives an outage', async () => {
  const demo = await start();
  const page = await open(demo, '/classic/');
  expect(demo.servers.classic).not.toBe(demo.url);
  await bothSay(page, 'open', 'connected');
  await bothSay(page, 'message', 'hello world event source');
  await bothSay(page, 'signup', 'member 2');
  await expectSameCounts(page, demo);
  await picture(page, 'classic');

  await page.click('#end');
  await bothSay(page, 'error', 'phase 2, state CONNECTING');
  for (const id of CLIENTS) await page.waitForSelector(`#${id} [data-state=OPEN]`);
  await page.click('#stop');
  // Firefox's own class gives up when a connection is refused.
  await page.waitForSelector('#ours [data-state=CONNECTING]');
  await page.waitForSelector('#ours [data-state=OPEN]');
  // Without IDs, events that were on their way when the connection broke are lost, so the counts may differ from here
  // on.
  const events = async () => Number(await page.getAttribute('#ours', 'data-events'));
  const before = await events();
  await expect.poll(events).toBeGreaterThan(before);

  await page.click('#close');
  for (const id of CLIENTS) await page.waitForSelector(`#${id} [data-state=CLOSED]`);
  await expect.poll(async () => (await ask(demo, '/classic/stats'))['streams']).toBe(0);
});

test('a list grows beside the response that it comes from', async () => {
  const demo = await start();
  const page = await open(demo, '/classic/');
  await page.waitForSelector('#list li[data-id="3"]');
  expect(await page.textContent('#list li')).toBe('message: Hello, world!');
  const raw = (await page.textContent('#raw')) ?? '';
  expect(raw).toContain('content-type: text/event-stream');
  expect(raw).toContain('id: 1\nevent: message\ndata: Hello, world!\n\n');
});

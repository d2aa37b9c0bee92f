import { existsSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { WEBKIT_FILES, WebKit } from '../../webkit.js';
import { ask, expectAllHeard, sentTo, start } from '../start.js';

const browser = new WebKit();
afterAll(() => browser.close());

const evaluate = (script: string) => browser.evaluate(script);
const textOf = (selector: string) => evaluate(`return document.querySelector('${selector}')?.textContent`);
const countOf = (selector: string) => evaluate(`return document.querySelectorAll('${selector}').length`);
const dataset = (selector = 'body') =>
  evaluate(`return { ...document.querySelector('${selector}').dataset }`) as Promise<Record<string, string>>;

/** The driver answers before a page's modules have run. */
async function open(url: string): Promise<void> {
  await browser.visit(url);
  await expect.poll(() => evaluate('return document.readyState')).toBe('complete');
}

/**
 * The tests in Chromium and Firefox go into detail. Playwright has no driver for this engine, so this is an overview.
 */
describe.skipIf(!WEBKIT_FILES.every(existsSync) && !process.env['CI'])('in WebKitGTK', () => {
  test('the index leads to seven pages', async () => {
    const demo = await start();
    await open(demo.url);
    expect(await countOf('.index a')).toBe(7);
  });

  test('the feed shows what the logged-in user follows, while tokens expire', async () => {
    const demo = await start({ accessLifetime: 1000 });
    await open(`${demo.url}/live/`);
    await expect.poll(() => countOf('#user')).toBe(1);
    await browser.type('#user', 'gardener');
    await browser.type('#password', 'demo');
    await browser.click('form button');
    await expect.poll(async () => Number((await dataset('.token'))['tokens'])).toBeGreaterThanOrEqual(3);
    const { client } = await dataset('.account');
    await expectAllHeard(demo, '/live/stats', client, async () => (await dataset('.account'))['count']);
  });

  test('the classic client hears messages and signups, until closed', async () => {
    const demo = await start();
    await open(`${demo.url}/classic/`);
    await expect.poll(() => countOf('#ours [data-type=message]')).toBeGreaterThan(0);
    await expect.poll(() => countOf('#ours [data-type=signup]')).toBeGreaterThan(0);
    await browser.click('#close');
    await expect.poll(async () => (await ask(demo, '/classic/stats'))['streams']).toBe(0);
  });

  test('the counter’s ten events come, and ten more after a restart', async () => {
    const demo = await start();
    await open(`${demo.url}/counter/`);
    await expect.poll(() => textOf('#received')).toBe('10');
    await browser.click('#restart');
    await expect.poll(() => textOf('#received')).toBe('20');
    expect(await sentTo(demo, '/counter/stats', (await dataset())['client'])).toBe(20);
  });

  test('the time goes on after an interruption, and what is sent again is skipped', async () => {
    const demo = await start();
    await open(`${demo.url}/time/`);
    await expect.poll(async () => Number(await textOf('#shown'))).toBeGreaterThan(4);
    await browser.click('#end');
    await expect.poll(async () => Number(await textOf('#skipped'))).toBeGreaterThan(2);
    const { client } = await dataset();
    await expectAllHeard(demo, '/time/stats', client, () => textOf('#received'));
  });

  test('every fault of the lab ends with nothing lost and nothing doubled', async () => {
    const demo = await start();
    await open(`${demo.url}/lab/`);
    await expect.poll(() => countOf('#messages li')).toBeGreaterThan(0);
    const faults = (await evaluate(
      `return [...document.querySelectorAll('[data-fault]')].map(({ dataset }) => dataset.fault)`,
    )) as string[];
    expect(faults).toHaveLength(10);
    for (const fault of faults) {
      await browser.click(`[data-fault=${fault}]`);
      const { written } = await ask(demo, '/lab/stats');
      // After twenty more events it must have recovered from any fault.
      const arrived = async () => Number((await dataset())['lastEventId']?.split('-')[1]);
      await expect.poll(arrived, { message: fault }).toBeGreaterThan(Number(written) + 20);
      const { lost, doubled } = await dataset();
      expect({ fault, lost, doubled }).toEqual({ fault, lost: '0', doubled: '0' });
    }
  });

  test('a question is answered token by token', async () => {
    const demo = await start();
    await open(`${demo.url}/ask/`);
    await browser.click('#send');
    await expect.poll(() => textOf('#outcome')).toContain('Complete:');
    const { id, count } = await dataset('#talk li:last-child');
    expect(Number(count)).toBe(await sentTo(demo, '/v1/stats', id));
  });

  test('all three clients of the comparison get everything', async () => {
    const demo = await start();
    await open(`${demo.url}/compare/?duration=500`);
    await browser.click('#in-browser');
    await expect.poll(() => textOf('#status'), { timeout: 100_000 }).toMatch(/^(Done|Failed)/);
    expect(await textOf('#status')).toMatch(/^Done/);
    for (const client of ['ours', 'native', 'websocket']) {
      const { run, received } = await dataset(`#browser-${client}`);
      expect(Number(received)).toBe(await sentTo(demo, '/compare/stats', run));
    }
  }, 120_000);
});

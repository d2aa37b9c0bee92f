import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import type { Demo } from '../../demo/demo.js';
import { isChromium, open, picture, wantsPictures } from './browsers.js';
import { ask, start } from './start.js';

const CLIENTS = ['ours', 'native', 'websocket'];

/** Checks that each client got everything that the server says it has sent. */
async function expectAllReceived(page: Page, demo: Demo, place: string): Promise<void> {
  const { sent } = (await ask(demo, '/compare/stats')) as { sent: Record<string, number> };
  for (const client of CLIENTS) {
    const row = page.locator(`#${place}-${client}`);
    const figures = await row.evaluate(({ dataset }) => ({ ...dataset }));
    // Not every version of Node has an EventSource.
    if (!figures['run'] && place === 'node' && client === 'native') continue;
    expect(Number(figures['received'])).toBeGreaterThan(100);
    expect(Number(figures['received'])).toBe(sent[String(figures['run'])]);
  }
}

// Node's part is the same in every browser.
test.for(isChromium ? ['browser', 'node'] : ['browser'])(
  'all three get everything in the %s, and charts are drawn',
  async (place) => {
    const demo = await start();
    const page = await open(demo, '/compare/?duration=500');
    page.setDefaultTimeout(50_000);
    await page.click(`#in-${place}`);
    await page.waitForSelector('#status:has-text("Done"), #status:has-text("Failed")');
    expect(await page.textContent('#status')).toMatch(/^Done/);
    await expectAllReceived(page, demo, place);
    expect(await page.locator('canvas').count()).toBe(3);
  },
);

test.runIf(wantsPictures)(
  'the charts are drawn at length',
  async () => {
    const demo = await start();
    const page = await open(demo, '/compare/');
    page.setDefaultTimeout(100_000);
    await page.click('#in-browser');
    await page.waitForSelector('#status:has-text("Done")');
    await picture(page, 'compare');
  },
  120_000,
);

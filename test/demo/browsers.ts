import { type Browser, chromium, firefox, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, onTestFinished } from 'vitest';

const { SCREENSHOTS } = process.env;
const { name, executablePath } = inject('engine');

export const isChromium: boolean = name === 'chromium';

/** SCREENSHOTS is the folder for the pictures; those in docs/demo are made this way. One browser is enough. */
export const wantsPictures: boolean = SCREENSHOTS !== undefined && isChromium;

const SIZES = { wide: { width: 1120, height: 840 }, narrow: { width: 360, height: 740 } };

let browser: Browser;
beforeAll(async () => {
  browser = await (name === 'chromium'
    ? chromium.launch({ executablePath, args: ['--no-sandbox'] })
    : firefox.launch({ executablePath, channel: 'moz-firefox' }));
});
afterAll(() => browser?.close());

/** Opens a page of the demo until the end of the test. Anything that it reports as an error fails the test. */
export async function open(demo: { readonly url: string }, path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: SIZES.wide });
  const page = await context.newPage();
  const complaints: string[] = [];
  const complain = (text: string) => {
    if (!isAboutRequest(text)) complaints.push(text);
  };
  page.on('pageerror', ({ message }) => complain(message));
  page.on('console', (message) => {
    if (message.type() === 'error') complain(message.text());
  });
  onTestFinished(async () => {
    await expectFits(page);
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(demo.url + path);
  return page;
}

/** Browsers log each request that was refused or broke, and some pages are about just that. */
function isAboutRequest(text: string): boolean {
  return /^Failed to load|CORS request did not succeed|has a MIME type|can.t establish a connection|was interrupted while/.test(
    text,
  );
}

/** Waits until the page shows at least this number. */
export async function reaches(page: Page, selector: string, least: number): Promise<void> {
  await expect.poll(async () => Number(await page.textContent(selector))).toBeGreaterThanOrEqual(least);
}

/** Takes pictures of the page, if they are wanted. */
export async function picture(page: Page, title: string): Promise<void> {
  if (!wantsPictures) return;
  await page.evaluate(() => scrollTo(0, 0));
  await page.mouse.move(0, 0);
  const shoot = (suffix: string) => page.screenshot({ path: `${SCREENSHOTS}/${title}${suffix}.png` });
  await shoot('');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot('-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(SIZES.narrow);
  await shoot('-narrow');
  await page.setViewportSize(SIZES.wide);
}

/** Checks that nothing sticks out on the narrowest screen, and that every control has a name. */
async function expectFits(page: Page): Promise<void> {
  await page.setViewportSize(SIZES.narrow);
  const widths = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth };
  });
  expect(widths.scrollWidth).toBe(widths.clientWidth);
  const nameless = await page.$$eval('button, a, input, select, textarea', (controls) =>
    controls
      .filter((control) => !control.textContent && !control.ariaLabel && !('labels' in control))
      .map(({ outerHTML }) => outerHTML),
  );
  expect(nameless).toEqual([]);
}

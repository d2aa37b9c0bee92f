import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright';
import { expect, onTestFinished, test } from 'vitest';
import type { FetchEventSource as Class } from '../../src/index.js';

const { CHROMIUM_PATH: executablePath = '/usr/bin/chromium', CI } = process.env;

const ORIGIN = 'http://app.test';
const PAGE = `<!doctype html>
  <script type="module">
    import { FetchEventSource } from '/library.js';
    globalThis.FetchEventSource = FetchEventSource;
  </script>`;

test.skipIf(!existsSync(executablePath) && !CI)(
  'a stream that Playwright answers for the server reaches the page',
  async () => {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    const library = await readFile('dist/index.min.js', 'utf8');
    const requests: (string | null)[][] = [];
    await page.route(`${ORIGIN}/**`, async (route) => {
      const request = route.request();
      const { pathname } = new URL(request.url());
      if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: PAGE });
      if (pathname === '/library.js') return route.fulfill({ contentType: 'text/javascript', body: library });
      const names = ['authorization', 'last-event-id'];
      requests.push(await Promise.all(names.map((name) => request.headerValue(name))));
      return route.fulfill({
        contentType: 'text/event-stream',
        body: requests.length === 1 ? 'id: 1\ndata: a\n\n' : 'event: end\ndata: b\n\n',
      });
    });
    await page.goto(`${ORIGIN}/`);
    const log = await page.evaluate(async () => {
      const { FetchEventSource } = globalThis as unknown as { FetchEventSource: typeof Class };
      const headers = { Authorization: 'Bearer x' };
      const source = new FetchEventSource('/events', { headers, reconnect: { reconnectionTime: 1 } });
      const data: string[] = [];
      source.onmessage = (event) => data.push(event.data);
      await new Promise((resolve) => source.addEventListener('end', resolve));
      source.close();
      return data;
    });
    expect(log).toEqual(['a']);
    expect(requests).toEqual([
      ['Bearer x', null],
      ['Bearer x', '1'],
    ]);
  },
);

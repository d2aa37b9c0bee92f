import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import type { Demo } from '../../demo/demo.js';
import { open } from './browsers.js';
import { ask, start } from './start.js';

/** Runs a client as a plain script in a page with the class as a global. Returns what it logs. */
async function run(demo: Demo, page: Page, client: string): Promise<string[]> {
  const lines: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'log') lines.push(message.text());
  });
  await page.addScriptTag({ url: `${demo.url}/dist/script.min.js` });
  await page.addScriptTag({ content: client });
  return lines;
}

test('a plain client of another origin hears greetings, signups and the end of the stream', async () => {
  const demo = await start();
  const page = await open({ url: demo.servers.time }, '/');
  const lines = await run(
    demo,
    page,
    `const greetings = new FetchEventSource('${demo.servers.classic}/stream');
    greetings.onmessage = ({ data }) => console.log(data);
    for (const type of ['open', 'signup']) greetings.addEventListener(type, () => console.log(type), false);
    greetings.addEventListener('error', ({ eventPhase }) => {
      if (eventPhase == EventSource.CLOSED) console.log('closed');
    });`,
  );
  await expect.poll(() => lines).toContain('signup');
  expect(lines.slice(0, 2)).toEqual(['open', 'hello world event source']);
  await fetch(`${demo.url}/classic/end`, { method: 'POST' });
  await expect.poll(() => lines).toContain('closed');
  await expect.poll(() => lines.slice(lines.indexOf('closed'))).toContain('open');
});

test('a plain client of another origin hears the count, and again after a restart', async () => {
  const demo = await start();
  const page = await open({ url: demo.servers.time }, '/');
  const lines = await run(
    demo,
    page,
    `new FetchEventSource('${demo.servers.counter}/sse').onmessage = ({ data }) => console.log(data);`,
  );
  const ten = Array.from({ length: 10 }, (_, index) => `demo${index + 1}`);
  await expect.poll(() => lines).toEqual(ten);
  await fetch(`${demo.url}/counter/restart`, { method: 'POST' });
  await expect.poll(() => lines).toEqual([...ten, ...ten]);
});

test('a plain client that names no host is answered on the index page, and where the time is', async () => {
  const demo = await start();
  for (const url of [demo.url, demo.servers.time]) {
    const page = await open({ url }, '/');
    const lines = await run(
      demo,
      page,
      `new FetchEventSource('/events').onmessage = ({ data }) => console.log('time', data);`,
    );
    await expect.poll(() => lines.at(-1)).toMatch(/^time Server time: \d/);
  }
});

test('a plain client makes a list of what /event-stream says', async () => {
  const demo = await start();
  const page = await open(demo, '/');
  await run(
    demo,
    page,
    `const list = document.body.appendChild(document.createElement('ol'));
    list.id = 'greetings';
    new FetchEventSource('/event-stream').onmessage = ({ data, lastEventId }) => {
      const item = document.createElement('li');
      item.textContent = lastEventId + ' ' + data;
      list.append(item);
    };`,
  );
  await page.waitForSelector('#greetings :nth-child(3)');
  const items = await page.locator('#greetings li').allTextContents();
  expect(items.slice(0, 2)).toEqual(['1 Hello, world!', '2 Hello, world!']);
  expect(await ask(demo, '/event-stream/stats')).toMatchObject({ streams: 1 });
});

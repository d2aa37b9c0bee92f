import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import type { Demo } from '../../demo/demo.js';
import { open, picture } from './browsers.js';
import { ask, sentTo, start } from './start.js';

const outcome = (page: Page, text: string) => page.waitForSelector(`#outcome:has-text("${text}")`);
const newest = (page: Page) => page.locator('#talk .assistant').last();

/** Clicks from within the page, because the answer might end before a click from outside arrives. */
async function sendAnd(page: Page, selector: string): Promise<void> {
  const clicked = page.waitForFunction((amid) => {
    const button = document.querySelector<HTMLButtonElement>(`${amid}:enabled`);
    const hasWords = document.querySelector('.assistant:last-child[data-count]') !== null;
    if (hasWords) button?.click();
    return hasWords && button;
  }, selector);
  await Promise.all([clicked, page.click('#send')]);
}

/** Checks that the page has as many tokens as the server has sent. */
async function expectSameCount(page: Page, demo: Demo): Promise<void> {
  const { id, count } = await newest(page).evaluate(({ dataset }) => ({ ...dataset }));
  expect(Number(count)).toBe(await sentTo(demo, '/v1/stats', id));
  expect(await page.textContent('#outcome')).toContain(`Complete: ${count} tokens`);
}

test('a question is answered token by token, stopped, and answered again', async () => {
  const demo = await start();
  const page = await open(demo, '/ask/');
  await page.fill('#prompt', 'Why?');
  await page.click('#send');
  await outcome(page, 'Complete:');
  const answer = await newest(page).textContent();
  expect(answer).toContain('You asked: “Why?”');
  expect(await page.textContent('#speed')).toMatch(/^\d+ tokens, \d+ tokens\/s$/);
  await expectSameCount(page, demo);
  await picture(page, 'ask');

  await sendAnd(page, '#stop');
  await outcome(page, 'Stopped.');
  await expect.poll(async () => (await ask(demo, '/v1/stats'))['streams']).toBe(0);
  const stopped = await newest(page).textContent();

  await page.click('#regenerate');
  await outcome(page, 'Complete:');
  await expectSameCount(page, demo);
  expect(await newest(page).textContent()).not.toBe(stopped);
  expect(await page.locator('#talk li').count()).toBe(4);
});

test('an answer that was cut fails, or is resumed where that is allowed', async () => {
  const demo = await start();
  const page = await open(demo, '/ask/');
  await sendAnd(page, '#cut');
  await outcome(page, 'Failed (not-resumable)');

  await page.check('#reconnect');
  await sendAnd(page, '#cut');
  await outcome(page, 'Interrupted (network)');
  await outcome(page, 'Complete:');
  await expectSameCount(page, demo);
  expect(await newest(page).textContent()).toMatch(/^“How does .* is done\.$/);
});

test('the wire format is that of chat completions', async () => {
  const demo = await start();
  const url = `${demo.url}/v1/chat/completions`;
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Hi' }] });
  const refused = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  const headers = { 'Content-Type': 'application/json', Authorization: 'Bearer any' };
  const text = await (await fetch(url, { method: 'POST', headers, body })).text();
  const data = text.match(/^data: .*$/gm)?.map((line) => line.slice('data: '.length)) ?? [];
  expect(data.pop()).toBe('[DONE]');
  const chunks = data.map((json) => JSON.parse(json));
  for (const chunk of chunks) expect(chunk).toMatchObject({ object: 'chat.completion.chunk', model: 'm' });
  expect(chunks[0].choices[0].delta.role).toBe('assistant');
  expect(chunks.at(-1).choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
});

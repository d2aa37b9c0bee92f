import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FetchEventSource } from '../../src/index.js';
import { readPage, run } from '../node/page.js';
import { eventStream } from '../scripted.js';

const page = readPage('docs/options.md');
const headings = [...page.text.matchAll(/^###? (\w+)$/gm)].map(([, name]) => name as string);

const sources: Pick<FetchEventSource, 'close'>[] = [];
class Recorded<Data, Events> extends FetchEventSource<Data, Events> {
  constructor(...args: ConstructorParameters<typeof FetchEventSource<Data, Events>>) {
    super(...args);
    sources.push(this);
  }
}

const requests: string[] = [];
beforeEach(() => {
  vi.stubGlobal('fetch', async (url: string) => {
    requests.push(url);
    return eventStream(': hi\n\ndata: 1\n\n');
  });
});
afterEach(() => {
  for (const source of sources.splice(0)) source.close();
  requests.length = 0;
  vi.unstubAllGlobals();
});

/** Of a table of the README, the names in its first column. */
function listed(before: string): string[] {
  const readme = readFileSync('README.md', 'utf8');
  const [table = ''] = readme.slice(readme.indexOf(before)).split('\n\n', 2).slice(1);
  return [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name as string);
}

test('there is a heading for each option of the README, and for the method', () => {
  const names = [...listed('All options of `fetch`'), ...listed('An object means `true`')];
  expect(names.length).toBeGreaterThan(15);
  expect([...headings].sort()).toEqual([...names, 'method'].sort());
});

test.each([...page.left].map((code) => [code]))('an example is accepted, and connects: %s', async (code) => {
  page.take(code);
  const names = {
    FetchEventSource: Recorded,
    url: 'https://api.example.com/feed',
    getToken: async () => 'x',
  };
  await run(code, names);
  expect(sources.length).toBe(code.match(/new FetchEventSource/g)?.length);
  await expect.poll(() => requests.length).toBe(sources.length);
});

test('each option has an example that uses it', () => {
  for (const section of page.text.split(/^##+ /m).slice(1)) {
    const [name = ''] = section.split('\n');
    expect(section, name).toMatch(new RegExp(`new FetchEventSource[^\\0]*\\b${name}:`));
  }
});

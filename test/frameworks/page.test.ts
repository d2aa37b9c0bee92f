import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** In the order of the page. */
const FILES = [
  'react/Feed.tsx',
  'react/answer.ts',
  'vue/useEventSource.js',
  'vue/Feed.vue',
  'svelte/useEventSource.svelte.js',
  'svelte/Feed.svelte',
];

const page = readFileSync('docs/frameworks.md', 'utf8');
const blocks = [...page.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code]) => code as string);

test('the page shows the files that the tests run', () => {
  expect(blocks).toEqual(FILES.map((file) => readFileSync(`test/frameworks/${file}`, 'utf8')));
});

test('the function has at most 15 lines of code in Vue and in Svelte', () => {
  for (const code of [blocks[2], blocks[4]]) {
    const lines = `${code}`.split('\n').filter((line) => line.trim());
    expect(lines.length).toBeLessThanOrEqual(15);
  }
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const PAGE = 'docs/rules.md';

/** A rule of the standard ("rule 4", "rules 4 and 39", "rules 16, 17 to 19") or a trap behind one ("T13"). */
const CITATION = /\brules? (\d+(?:(?:, | and | to )\d+)*)|\b(T\d+)\b/g;

/** The numbers that a text cites, as the page writes them. */
function findCitations(text: string): string[] {
  return [...text.matchAll(CITATION)].flatMap(([, rules, trap]) =>
    trap ? [trap] : expandNumbers(rules ?? '').map((rule) => `rule ${rule}`),
  );
}

function expandNumbers(list: string): number[] {
  return list.split(/, | and /).flatMap((part) => {
    const [first = 0, last = first] = part.split(' to ').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

const read = (file: string) => readFileSync(file, 'utf8');

function findFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : findFiles(path);
    return /\.[jt]sx?$/.test(entry.name) ? [path] : [];
  });
}

/** The numbers that the page explains, in its order. */
const explained = [...read(PAGE).matchAll(/^- \*\*(.+?)\*\* (.*)$/gm)].map(([, number = '', text = '']) => ({
  number,
  text,
}));
const numbers = explained.map(({ number }) => number);

test('the page counts rules and traps without a gap, and links each to its source', () => {
  const rules = numbers.filter((number) => /^rule \d+$/.test(number));
  const traps = numbers.filter((number) => /^T\d+$/.test(number));
  expect(numbers).toEqual([...rules, ...traps]);
  expect(rules).toEqual(rules.map((_, index) => `rule ${index + 1}`));
  expect(traps).toEqual(traps.map((_, index) => `T${index + 1}`));
  const unlinked = explained.filter(({ text }) => {
    const [, source] = /\[([^\]]+)\]$/.exec(text) ?? [];
    return !read(PAGE).includes(`\n[${source}]: https://`);
  });
  expect(unlinked).toEqual([]);
});

test('every rule and every trap of the page has a test that names it', () => {
  const names = ['test', 'test/node', 'test/browser']
    .flatMap((folder) => readdirSync(folder).map((file) => `${folder}/${file}`))
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => read(file).match(/(?<=['"`])(?:rules? |T)\d[^'"`]*/g) ?? []);
  const covered = new Set(names.flatMap(findCitations));
  expect(numbers.filter((number) => !covered.has(number))).toEqual([]);
});

test('every number that the sources, the tests or the pages cite is in the page', () => {
  // This file cites some as examples.
  const files = ['src', 'test'].flatMap(findFiles).filter((file) => !file.endsWith('/rules.test.ts'));
  const unknown = [...files, 'CONTRIBUTING.md', PAGE].flatMap((file) =>
    findCitations(read(file))
      .filter((number) => !numbers.includes(number))
      .map((number) => `${file}: ${number}`),
  );
  expect(unknown).toEqual([]);
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// The rules of the standard and the traps behind them, by the numbers under which they were written down for this
// project: each has a test whose name carries its number.
const RULES = 55;
const TRAPS = 22;

/** The names, those in tables too. */
const names = ['test', 'test/node', 'test/browser']
  .flatMap((folder) => readdirSync(folder).map((file) => `${folder}/${file}`))
  .filter((file) => file.endsWith('.test.ts'))
  .flatMap((file) => readFileSync(file, 'utf8').match(/['"`](?:rules? |T)\d[^'"`]*/g) ?? [])
  .join('\n');

/** "rule 4: …", "rules 33 and 34: …" and "rules 16, 17 and 18: …" */
const covered = new Set(
  [...names.matchAll(/\brules? ((?:\d+(?:, | and |: )?)+)/g)].flatMap(
    ([, list]) => list?.match(/\d+/g) ?? [],
  ),
);

test('every rule of the standard has a test that names it', () => {
  const missing = Array.from({ length: RULES }, (_, index) => String(index + 1)).filter(
    (rule) => !covered.has(rule),
  );
  expect(missing).toEqual([]);
});

test('every trap has a test that names it', () => {
  const missing = Array.from({ length: TRAPS }, (_, index) => `T${index + 1}`).filter(
    (trap) => !new RegExp(`\\b${trap}\\b`).test(names),
  );
  expect(missing).toEqual([]);
});

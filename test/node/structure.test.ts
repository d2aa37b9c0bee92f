import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type FunctionMeasure, measureFunctions } from '../../scripts/functions.js';
import {
  checkImports,
  checkMeasures,
  checkRule,
  countLines,
  findCycles,
  findDeepestImports,
  findImports,
  holdsOnlyTypes,
  type Project,
  type Rule,
  readProject,
  SCANNER,
} from '../../scripts/structure.js';

const ENTRIES = [
  'index.ts',
  'react.ts',
  'resumable.ts',
  'stream.ts',
  'tabs.ts',
  'visible.ts',
  'polyfill.ts',
  'polyfill/',
  'script.ts',
];

/**
 * What each folder or top-level file may import; `*` is everything. On top of that, folders may import their own files,
 * and all may import types from files that hold only types. Whatever is not listed here does not belong in `src/`.
 */
const RULE: Rule = {
  ...Object.fromEntries(ENTRIES.map((entry) => [entry, ['*']])),
  'cli/': ['index.ts', 'errors/'],
  'react/': ['index.ts'],
  'tabs/': ['stream/', 'http/', 'errors/'],
  'lifecycle/': ['platform/', 'stream/', 'http/', 'errors/'],
  'source/': ['options/', 'platform/', 'stream/', 'reconnect/', 'http/', 'errors/'],
  'options/': ['platform/', 'stream/', 'reconnect/', 'http/', 'errors/'],
  'platform/': ['http/', 'errors/'],
  'stream/': ['http/', 'errors/'],
  'reconnect/': ['errors/'],
  'http/': ['errors/'],
  'types/': ['errors/'],
  'errors/': [],
};

describe('the sources', () => {
  const project = readProject('src');

  test('are in folders that the rule of imports knows, and import what it allows', () => {
    expect(checkRule(project, RULE)).toEqual([]);
  });

  test('import no missing file, have no cycle, and are at most seven deep', () => {
    expect(checkImports(project)).toEqual([]);
  });

  test('keep files and functions within the limits', () => {
    expect(checkMeasures(project)).toEqual([]);
  });
});

describe('the rule of imports', () => {
  test('has an order: folders cannot import each other, not even through a third one', () => {
    const folders = Object.entries(RULE).filter(([room]) => !ENTRIES.includes(room));
    expect(findCycles(new Map(folders))).toEqual([]);
  });

  const code = 'export const a = 1;';
  const check = (sources: Record<string, string>, more?: Partial<Project>) =>
    checkRule(create(sources, more), RULE);

  test('allows what the table lists, and files of the same folder', () => {
    const wrong = check({
      'index.ts': "export { run } from './source/run.js';",
      'source/run.ts': "import './loop.js'; import '../http/request.js'; import '../errors/error.js';",
      'source/loop.ts': code,
      'http/request.ts': "import { a } from './url.js';",
      'http/url.ts': code,
      'errors/error.ts': code,
    });
    expect(wrong).toEqual([]);
  });

  test('says which file imports what, and what it may import', () => {
    const wrong = check({
      'reconnect/lines.ts': "import { a } from '../http/request.js';",
      'http/request.ts': code,
    });
    expect(wrong).toEqual([
      "src/reconnect/lines.ts imports '../http/request.js', which is src/http/request.ts; reconnect/ may import errors/, " +
        'its own files, and types from files that hold only types.',
    ]);
  });

  test.each([
    "import '../http/request.js';",
    "export { a } from '../http/request.js';",
    "export * from '../http/request.js';",
    "export const b = import('../http/request.js');",
    "import { a, type B } from '../http/request.js';",
    "import a, { type B } from '../http/request.js';",
  ])('also sees %s', (text) => {
    expect(check({ 'reconnect/lines.ts': text, 'http/request.ts': code })).toEqual([
      expect.stringMatching(/^src\/reconnect\/lines\.ts imports '..\/http\/request\.js', /),
    ]);
  });

  test.each([
    "import type { B } from '../http/request.js';",
    "import { type B } from '../http/request.js';",
    "export type { B } from '../http/request.js';",
    "export let b: import('../http/request.js').B;",
  ])('allows types only from files that hold only types: %s', (text) => {
    const file = 'reconnect/lines.ts';
    const type = 'export interface B {}';
    expect(check({ [file]: text, 'http/request.ts': type })).toEqual([]);
    expect(check({ [file]: text, 'http/request.ts': `${type} ${code}` })).toEqual([
      expect.stringMatching(/^src\/reconnect\/lines\.ts imports types from '..\/http\/request\.js', /),
    ]);
  });

  test('tells an entry from a folder of the same name', () => {
    const sources = { 'options/url.ts': "import '../stream/lines.js';", 'stream/lines.ts': code };
    expect(check(sources)).toEqual([]);
    expect(check({ 'options/url.ts': "import '../stream.js';", 'stream.ts': code })).toHaveLength(1);
  });

  test('follows imports of package.json to the files of every platform', () => {
    const sources = {
      'stream/lines.ts': "import '#platform';",
      'platform/node.ts': code,
      'platform/browser.ts': code,
    };
    const imports = {
      '#platform': { browser: './src/platform/browser.ts', default: './dist/platform/node.js' },
    };
    expect(check(sources, { imports })).toEqual([
      expect.stringContaining("'#platform', which is src/platform/browser.ts;"),
      expect.stringContaining("'#platform', which is src/platform/node.ts;"),
    ]);
  });

  test("follows the package's own name to its entries", () => {
    const sources = { 'source/run.ts': "import 'own'; import 'own/stream'; import 'owner';" };
    expect(check(sources, { name: 'own' })).toEqual([
      expect.stringContaining("'own', which is src/index.ts;"),
      expect.stringContaining("'own/stream', which is src/stream.ts;"),
    ]);
  });

  test('rejects a file outside of the folders it knows', () => {
    expect(check({ 'callbacks.ts': code, 'utils/url.ts': code })).toEqual([
      expect.stringMatching(
        /^src\/callbacks\.ts is in no folder that the rule of imports knows: index\.ts, /,
      ),
      expect.stringMatching(/^src\/utils\/url\.ts is in no folder that the rule of imports knows: /),
    ]);
  });
});

describe('imports', () => {
  test('in a cycle are reported with the whole cycle', () => {
    const project = create({
      'index.ts': "import './a.js';",
      'a.ts': "import './b/b.js';",
      'b/b.ts': "import './c.js';",
      'b/c.ts': "import '../a.js';",
    });
    expect(checkImports(project)).toEqual(['Imports form a cycle: a.ts → b/b.ts → b/c.ts → a.ts.']);
    const pair = create({ 'a.ts': "import './b.js';", 'b.ts': "export * from './a.js';" });
    expect(checkImports(pair)).toEqual(['Imports form a cycle: a.ts → b.ts → a.ts.']);
  });

  test('of types count neither as cycles nor as depth', () => {
    const project = create({ 'a.ts': "import './b.js';", 'b.ts': "import type { A } from './a.js';" });
    expect(checkImports(project)).toEqual([]);
    expect(findDeepestImports(project)).toEqual(['a.ts', 'b.ts']);
  });

  /** Each file imports the next one. The first also imports the last, a shortcut that must not hide the long way. */
  const chain = (length: number) =>
    create(
      Object.fromEntries(
        Array.from({ length }, (_, index) => {
          const next = index + 1 < length ? `import './${index + 1}.js';` : '';
          return [`${index}.ts`, index ? next : `import './${length - 1}.js'; ${next}`];
        }),
      ),
    );

  test('may be seven deep and no deeper', () => {
    expect(checkImports(chain(7))).toEqual([]);
    expect(checkImports(chain(8))).toEqual([
      'Imports are 8 deep; they may be 7: 0.ts → 1.ts → 2.ts → 3.ts → 4.ts → 5.ts → 6.ts → 7.ts.',
    ]);
  });

  test('are as deep as on the platform where they are deepest', () => {
    const project = create(
      {
        'index.ts': "import '#platform/redirects';",
        'platform/browser/redirects.ts': '',
        'platform/node/redirects.ts': "import './deeper.js';",
        'platform/node/deeper.ts': '',
      },
      { imports: { '#platform/*': ['./src/platform/browser/*.ts', './src/platform/node/*.ts', null] } },
    );
    expect(findDeepestImports(project)).toEqual([
      'index.ts',
      'platform/node/redirects.ts',
      'platform/node/deeper.ts',
    ]);
  });

  test("by the package's own name add no depth", () => {
    const project = create(
      { 'index.ts': "import './a.js';", 'a.ts': '', 'polyfill.ts': "import 'own';" },
      { name: 'own' },
    );
    expect(findDeepestImports(project)).toEqual(['index.ts', 'a.ts']);
  });

  test('of missing files are reported', () => {
    expect(checkImports(create({ 'a.ts': "import './b.js'; import '#c';" }))).toEqual([
      "src/a.ts imports './b.js', which leads to no source: b.ts.",
      "src/a.ts imports '#c', which leads to no source: #c.",
    ]);
  });

  test('of other packages are not followed', () => {
    const project = create({ 'a.ts': "import 'node:fs'; import 'undici'; import '#http';" });
    expect(findImports({ ...project, imports: { '#http': 'undici' } })).toEqual([]);
  });
});

describe('functions', () => {
  const measure = (text: string) => measureFunctions('a.ts', text);
  const complexityOf = (body: string) => measure(`function a() { ${body} }`)[0]?.complexity;

  test.each([
    ['', 1],
    ['if (b) c(); else if (d) e(); else f();', 3],
    ['for (;;) {} for (const b of c) {} for (const b in c) {} while (b) {} do {} while (b)', 6],
    ['switch (b) { case 1: case 2: break; default: }', 3],
    ['try { b() } catch { c() } finally { d() }', 2],
    ['return b ? c : d;', 2],
    ['return b?.c?.[d]?.(e);', 4],
    ['return (b && c) || (d ?? e);', 4],
    ['b &&= c; b ||= c; b ??= c;', 4],
    ['b += c; b = c | d; b = !c;', 1],
    ['type B = C extends D ? E : F; let b: B | undefined;', 1],
  ])('branch: "%s" has a complexity of %i', (body, complexity) => {
    expect(complexityOf(body)).toBe(complexity);
  });

  const pick =
    <Key extends keyof FunctionMeasure>(...keys: Key[]) =>
    (each: FunctionMeasure) =>
      keys.map((key) => each[key]);

  test('include branches in their parameters, but not those of functions inside them', () => {
    const text = `
      function outer(a = b ?? c) {
        if (a) d(() => a && b);
        return class { x = a?.b; y() { return a || b; } };
      }`;
    expect(measure(text).map(pick('name', 'complexity'))).toEqual([
      ['outer', 4],
      ['callback of d', 2],
      ['anonymous class.y', 2],
    ]);
  });

  test('include the lines of functions inside them, but not the comment above', () => {
    const text = `/**\n * A comment.\n */\nfunction a() {\n  b(() => {\n    c();\n  });\n}\n`;
    expect(measure(text).map(pick('line', 'lines'))).toEqual([
      [4, 5],
      [5, 3],
    ]);
  });

  test('are all those with a body, under the names a reader would use', () => {
    const text = `
      export class A {
        static { b(); }
        #field = () => 1;
        constructor() {}
        over(a: string): void;
        over() {}
        get c() { return 1; }
        set c(value) {}
        #hidden() {}
        abstract(): void;
      }
      declare function none(): void;
      const d = async () => {}, e = { f() {}, g: function* () {} };
      h.i = () => {};
      new Promise((j) => {}).then(() => {});
      export default function () {}`;
    expect(measure(text).map(({ name }) => name)).toEqual([
      'A.static block',
      'A.#field',
      'A.constructor',
      'A.over',
      'A.get c',
      'A.set c',
      'A.#hidden',
      'd',
      'f',
      'g',
      'h.i',
      'callback of Promise',
      'callback of then',
      'anonymous',
    ]);
  });

  test('do not include module-level code', () => {
    expect(measure('if (a && b) c(); export const d = e ? f : g; class H { i = j ?? k; }')).toEqual([]);
  });
});

describe('limits', () => {
  const lines = (count: number) => 'a();\n'.repeat(count);
  const branches = (count: number) => `function a() { ${'if (b) c();'.repeat(count - 1)} }`;

  test('allow 300 lines in a file', () => {
    expect(checkMeasures(create({ 'a.ts': lines(300) }))).toEqual([]);
    expect(checkMeasures(create({ 'a.ts': lines(301) }))).toEqual([
      'src/a.ts has 301 lines; a file may have 300.',
    ]);
  });

  test('allow 30 lines in a function', () => {
    const create30 = (more: string) => create({ 'a.ts': `class A {\n  b() {\n${lines(28)}${more}}\n}` });
    expect(checkMeasures(create30(''))).toEqual([]);
    expect(checkMeasures(create30('\n'))).toEqual(['src/a.ts:2, A.b, has 31 lines; a function may have 30.']);
  });

  test("allow a complexity of 10, and 15 in the scanner's file", () => {
    const check = (file: string, complexity: number) =>
      checkMeasures(create({ [file]: branches(complexity) }), []);
    expect(check('a.ts', 10)).toEqual([]);
    expect(check('a.ts', 11)).toEqual(['src/a.ts:1, a, has a complexity of 11; it may have 10.']);
    expect(check(SCANNER, 15)).toEqual([]);
    expect(check(SCANNER, 16)).toHaveLength(1);
  });

  test('skip files that are exempt', () => {
    const project = create({ 'a.ts': `${branches(20)}\n${lines(300)}`, 'b.ts': branches(20) });
    expect(checkMeasures(project, ['a.ts'])).toEqual([expect.stringMatching(/^src\/b\.ts:1, a,/)]);
  });

  test.each([
    ['', true],
    ["import type { A } from './a.js'; import { type B } from './b.js';", true],
    ['export interface A {} type B = A; declare const c: A; export type { B };', true],
    ['export {};', false],
    ["import './a.js';", false],
    ['export enum A {}', false],
    ['export type A = 1; export const a = 1;', false],
  ])('skip the length of files that hold only types: "%s" (%s)', (text, isTypes) => {
    expect(holdsOnlyTypes('a.ts', text)).toBe(isTypes);
    expect(checkMeasures(create({ 'a.ts': `${text}${'\n'.repeat(301)}` }))).toHaveLength(isTypes ? 0 : 1);
  });

  test.each([
    ['', 0],
    ['a', 1],
    ['a\n', 1],
    ['a\nb', 2],
    ['\n\n', 2],
  ])('count lines like wc: %j has %i', (text, count) => {
    expect(countLines(text)).toBe(count);
  });
});

describe('npm run measure', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  /** Measures a package with these sources, and these `imports` in its package.json. */
  function run(sources: Record<string, string>, imports = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'structure-'));
    folders.push(folder);
    const files = Object.entries(sources).map(([file, text]) => [join('src', file), text] as const);
    for (const [file, text] of [...files, ['package.json', JSON.stringify({ imports })] as const]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const args = ['--import', 'tsx', 'scripts/measure.js', join(folder, 'src')];
    return spawnSync(process.execPath, args, { encoding: 'utf8' });
  }

  const sources = {
    'index.ts': "export { a } from './stream/lines.js';\n",
    'stream/lines.ts': "import '#platform';\nexport const a = (b: string) => b;\n",
    'platform/node.ts': '// Nothing.\n',
    'types.d.ts': 'a\n',
  };
  const imports = { '#platform': './src/platform/node.ts' };

  test('prints each folder, and the largest files and functions', () => {
    const { status, stdout, stderr } = run(sources, imports);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^folder +files +lines +bytes +minified$/m);
    expect(stdout).toMatch(/^src\/stream\/ +1 +2 +55 +\d+$/m);
    expect(stdout).toMatch(/^all +3 +4 +106 +\d+$/m);
    expect(stdout).toMatch(/^a +1 +src\/stream\/lines.ts:2$/m);
    expect(stdout).toContain('3: index.ts → stream/lines.ts → platform/node.ts\n');
  });

  test('exits with 1 and says which limit is exceeded', () => {
    const { status, stderr } = run({ ...sources, 'long.ts': 'a();\n'.repeat(301) }, imports);
    expect(stderr).toBe('\nsrc/long.ts has 301 lines; a file may have 300.\n');
    expect(status).toBe(1);
  });
});

function create(sources: Record<string, string>, more: Partial<Project> = {}): Project {
  return { sources: new Map(Object.entries(sources)), ...more };
}

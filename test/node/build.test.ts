import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import ts from 'typescript';
import { expect, test } from 'vitest';

const { exports } = createRequire(import.meta.url)('../../package.json') as {
  exports: Record<string, unknown>;
};

/** What importers may name, and what each may write to the global scope. */
const entries = Object.keys(exports)
  .filter((path) => !path.endsWith('.json'))
  .map((path) => ({
    specifier: posix.join('eventsource-fetch', path),
    writes: path.startsWith('./polyfill') ? ['EventSource'] : [],
  }));

/** The base classes that an entry needs, if not those of the class. */
const BASES: Record<string, string[]> = {
  'eventsource-fetch/stream': ['TransformStream'],
  'eventsource-fetch/tabs': [],
};

/** What the language itself has in the global scope. */
const LANGUAGE = runInContext(
  'Object.getOwnPropertyDescriptors(globalThis)',
  createContext(),
) as PropertyDescriptorMap;
// Part of the engine, for its debugger, and not of the language.
delete LANGUAGE['console'];

/**
 * A global scope with the base classes, the language, and what is given. It records who reads or writes anything else.
 */
function createScope(given: Record<string, unknown> = {}) {
  const read = new Set<PropertyKey>();
  const written = new Set<PropertyKey>();
  const note = (key: PropertyKey) => key in LANGUAGE || read.add(key);
  // The language too, because what a proxy does not have is not looked up elsewhere.
  const members: Record<PropertyKey, unknown> = Object.defineProperties({}, LANGUAGE);
  const scope = new Proxy(Object.assign(members, { EventTarget, Event, TransformStream, ...given }), {
    get: (target, key, receiver) => {
      note(key);
      return Reflect.get(target, key, receiver);
    },
    has: (target, key) => {
      note(key);
      return Reflect.has(target, key);
    },
    set: (target, key, value) => {
      written.add(key);
      return Reflect.set(target, key, value);
    },
    defineProperty: (target, key, descriptor) => {
      written.add(key);
      return Reflect.defineProperty(target, key, descriptor);
    },
  });
  const context = createContext(scope);
  members['globalThis'] = runInContext('this', context);
  return { context, scope, read, written };
}

type Scope = ReturnType<typeof createScope>;

/** Runs the file of the package that `require()` would load, and the files that it requires, in the scope. */
function requireIn({ context }: Scope, specifier: string): Record<string, unknown> {
  const require = (path: string, from: string): Record<string, unknown> => {
    if (path === 'react') return {};
    const file = createRequire(from).resolve(path);
    const module = { exports: {} };
    // The way Node wraps a CommonJS module.
    const wrapped = `(function (exports, require, module) {${readFileSync(file, 'utf8')}\n})`;
    runInContext(wrapped, context)(module.exports, (next: string) => require(next, file), module);
    return module.exports;
  };
  return require(specifier, import.meta.filename);
}

/** React is not what these tests are about. */
const noReact: Plugin = {
  name: 'no-react',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^react$/ }, () => ({ path: 'react', namespace: 'none' }));
    onLoad({ filter: /./, namespace: 'none' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** The code that a bundler makes from the text: one script, whose exports are `library`. */
async function bundle(contents: string, options?: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'library',
    target: 'es2022',
    platform: 'browser',
    plugins: [noReact],
    // Not the one of the sources, which maps the name to them.
    tsconfigRaw: {},
    logOverride: { 'ignored-bare-import': 'silent' },
    ...options,
  });
  return outputFiles?.[0]?.text ?? '';
}

test.each(entries)(
  'importing $specifier reads nothing but the base classes from the global scope and writes $writes',
  async ({ specifier, writes }) => {
    const bases = BASES[specifier] ?? ['EventTarget', 'Event'];
    const reads = [...bases, ...writes];
    const scope = createScope();
    requireIn(scope, specifier);
    expect(reads).toEqual(expect.arrayContaining([...scope.read]));
    expect([...scope.written]).toEqual(writes);
    for (const platform of ['browser', 'node'] as const) {
      const scope = createScope();
      // In a function, so that the bundle's name is not part of the global scope.
      const code = await bundle(`export * from '${specifier}'`, { platform, treeShaking: false });
      runInContext(`(() => {${code}\n})()`, scope.context);
      expect(reads).toEqual(expect.arrayContaining([...scope.read]));
      expect([...scope.written]).toEqual(writes);
    }
  },
);

test('the check that nothing is read or written notices if something is', () => {
  const scope = createScope();
  runInContext('typeof fetch; globalThis.Headers; written = Math.abs(1)', scope.context);
  expect([...scope.read]).toEqual(expect.arrayContaining(['fetch', 'Headers']));
  expect([...scope.written]).toEqual(['written']);
});

test.each(entries)(
  'a bare import of $specifier is left out of a bundle if, and only if, it writes nothing',
  async ({ specifier, writes }) => {
    const code = await bundle(`import '${specifier}'`);
    expect(code.includes('class')).toBe(writes.length > 0);
  },
);

test('importing only the error class does not pull in the class', async () => {
  const code = await bundle("export { FetchEventSourceError } from 'eventsource-fetch'");
  expect(code).toContain('FetchEventSourceError');
  expect(code).not.toMatch(/EventTarget|reconnectionTime|text\/event-stream/);
});

test('importing the class does not pull in ErrorEvent', async () => {
  const code = await bundle("export { FetchEventSource } from 'eventsource-fetch'");
  expect(code).not.toContain('hasInstance');
  expect(await bundle("export { ErrorEvent } from 'eventsource-fetch'")).toContain('hasInstance');
});

test('with require(), all entries have the same classes', () => {
  const require = createRequire(import.meta.url);
  expect(Object.keys(require('eventsource-fetch'))).toEqual([
    'ErrorEvent',
    'EventSource',
    'FetchEventSource',
    'FetchEventSourceError',
  ]);
  expect(require('eventsource-fetch').FetchEventSourceError).toBe(
    require('../../dist/browser.cjs').FetchEventSourceError,
  );
});

test('a script gets two globals, and keeps its own EventSource and ErrorEvent', () => {
  const scope = createScope();
  runInContext(readFileSync('dist/script.min.js', 'utf8'), scope.context);
  expect([...scope.written].sort()).toEqual(['FetchEventSource', 'FetchEventSourceError']);
});

test('the polyfill leaves an existing global EventSource alone, and the forced one replaces it', () => {
  class Native {}
  const kept = createScope({ EventSource: Native });
  requireIn(kept, 'eventsource-fetch/polyfill');
  expect(kept.scope['EventSource']).toBe(Native);
  const replaced = createScope({ EventSource: Native });
  requireIn(replaced, 'eventsource-fetch/polyfill/force');
  expect(replaced.scope['EventSource']).toHaveProperty('CLOSED', 2);
});

test('files of the build can be imported only by the names that the package exports', () => {
  const { resolve } = createRequire(import.meta.url);
  expect(() => resolve('eventsource-fetch/dist/index.cjs')).toThrow(/not defined by "exports"/);
  expect(() => resolve('eventsource-fetch/errors')).toThrow(/not defined by "exports"/);
});

test('no file needs more than ES2022 without static blocks', async () => {
  const files = readdirSync('dist').filter((name) => /\.c?js$/.test(name));
  expect(files.length).toBeGreaterThan(15);
  for (const name of files) {
    const text = readFileSync(`dist/${name}`, 'utf8');
    // Told not to lower anything, esbuild changes no syntax that this level has.
    const { transform } = await import('esbuild');
    const options = { minify: false, legalComments: 'none', sourcemap: false } as const;
    const [lowered, kept] = await Promise.all(
      ['es2022', 'esnext'].map((target) => transform(text, { ...options, target })),
    );
    expect(lowered?.code, name).toBe(kept?.code);
    const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest);
    const hasStaticBlock = (node: ts.Node): boolean =>
      ts.isClassStaticBlockDeclaration(node) ||
      !!ts.forEachChild(node, (child) => hasStaticBlock(child) || undefined);
    expect(hasStaticBlock(source), name).toBe(false);
  }
});

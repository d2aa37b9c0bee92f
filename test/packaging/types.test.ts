import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { DENO } from '../runtimes/programs.js';
import { createConsumer, HERE, ROOT, SPECIFIERS } from './consumer.js';

/** A fixture of the types' own test. It imports the library by name instead of by its source. */
function fixture(name: string): string {
  const text = readFileSync(join(ROOT, 'test/types', name), 'utf8');
  return text.replaceAll('../../src/index.js', 'eventsource-fetch');
}

/** Imports each entry. */
const EVERYTHING = `${fixture('everywhere.ts')}${SPECIFIERS.map((name) => `import '${name}';\n`).join('')}`;

interface Platform {
  readonly lib: readonly string[];
  /** The package that declares its globals, under the name by which consumers install it. */
  readonly types?: string;
  /** The folder of that package here, where there are several versions. */
  readonly folder?: string;
}

const DOM: Platform = { lib: ['es2022', 'dom'] };

async function run(folder: string, command: string, ...args: string[]): Promise<string> {
  const finished = promisify(execFile)(command, args, { cwd: folder });
  return finished.then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => `${stdout}${stderr}` || 'failed in silence',
  );
}

/** What the compiler says about files that import the library. */
function compile(compiler: string, platform: Platform, files: Record<string, string>): Promise<string> {
  const { lib, types, folder = types } = platform;
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    skipLibCheck: false,
    noEmit: true,
    lib,
    types: types ? [types] : [],
    // A type package may need others, as Bun's needs Node's. Those must be the same everywhere.
    typeRoots: ['node_modules/@types', 'node_modules'],
  };
  const consumer = createConsumer(
    `${compiler} ${Object.keys(files)} ${lib} ${folder}`,
    { ...files, 'tsconfig.json': JSON.stringify({ compilerOptions, files: Object.keys(files) }) },
    types && folder ? { [types === 'node' ? '@types/node' : types]: folder } : {},
  );
  return run(consumer, process.execPath, join(HERE, 'node_modules', compiler, 'bin/tsc'), '-p', '.');
}

const COMPILERS = ['typescript-5.0', 'typescript-5.4', 'typescript-5.9', 'typescript-6', 'typescript-7'];
const DROP_IN = fixture('drop-in.ts');
/** For both kinds of importer, which get separate declarations. */
const asModules = { 'consumer.mts': EVERYTHING, 'consumer.cts': EVERYTHING, 'drop-in.mts': DROP_IN };

test.concurrent.each(COMPILERS)(
  'with the DOM library, %s compiles each entry, finds the class assignable to the native one, and misuse an error',
  async (compiler) => {
    const files = { ...asModules, 'dom.mts': fixture('dom.ts'), 'misuse.mts': fixture('misuse.ts') };
    expect(await compile(compiler, DOM, files)).toBe('');
  },
);

test.concurrent.each<[string, Platform]>([
  ['a worker', { lib: ['es2022', 'webworker'] }],
  ...['20', '22', '24', '25', '26'].map((version): [string, Platform] => [
    `Node ${version}`,
    { lib: ['es2022'], types: 'node', folder: `types-node-${version}` },
  ]),
  ['Cloudflare’s Workers', { lib: ['es2022'], types: '@cloudflare/workers-types' }],
  ['Bun', { lib: ['es2022'], types: 'bun-types' }],
])('for %s, without the DOM library, it compiles', async (_name, platform) => {
  expect(await compile('typescript-5.9', platform, asModules)).toBe('');
});

// In that of version 22, handlers cannot be null.
test.concurrent.each(['24', '25', '26'])(
  'the class is assignable to the global EventSource of @types/node %s',
  async (version) => {
    const platform = { lib: ['es2022'], types: 'node', folder: `types-node-${version}` };
    expect(await compile('typescript-5.9', platform, { 'global.mts': fixture('global.ts') })).toBe('');
  },
);

test.concurrent('it compiles for Deno', async () => {
  const consumer = createConsumer('deno', { 'consumer.mts': EVERYTHING });
  expect(await run(consumer, DENO, 'check', '--quiet', '--node-modules-dir=manual', 'consumer.mts')).toBe('');
});

test.concurrent.each(['typescript-5.0', 'typescript-7'])(
  'an error of a consumer is one: %s',
  async (compiler) => {
    const wrong =
      "import { FetchEventSource } from 'eventsource-fetch';\nnew FetchEventSource('', { retries: 1 });\n";
    expect(await compile(compiler, DOM, { 'wrong.mts': wrong })).toContain('wrong.mts(2,');
  },
);

// Runs the tests in every runtime, and prints a table: `npm run test:runtimes`. With names, as in `npm run
// test:runtimes -- Deno Bun`, only in those. With `--write`, the table also goes into the documentation.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startServer } from '../server.js';
import { WEBKIT_FILES } from '../webkit.js';
import { BUN, DENO, MODULES } from './programs.js';
import { askWorker } from './worker.js';

const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));
const PAGE: string = join(ROOT, 'docs/compatibility.md');
const VITEST = 'node_modules/vitest/vitest.mjs';

/** When a runtime counts as hung, in milliseconds: ten times what the slowest takes. */
const PATIENCE = 1_200_000;

/** The files of the project for Node that are left out everywhere, and the reasons. */
const NOT_OF_A_RUNTIME: Record<string, string> = {
  'test/node/playwright.test.ts': 'needs a page in Chromium; `npm test` runs it',
  'test/node/structure.test.ts': 'is about the sources as text; `npm test` runs it',
  'test/node/types.test.ts': 'tests the types with the compiler; `npm test` runs it',
};
/** The files that are also left out in Deno and Bun. */
const OF_NODE_ALONE: Record<string, string> = {
  'test/node/build.test.ts': "tests the built files as Node's loaders find them",
  'test/node/cli.test.ts': 'tests the terminal client, a program for Node',
  'test/node/dispatcher.test.ts': "tests the time-outs of Node's own fetch",
  'test/node/foreign-streams.test.ts': "tests streams of Node and the ports that Node's own fetch blocks",
  'test/node/lacking.test.ts': 'takes away globals that the runtime itself needs',
  'test/node/malformed-heads.test.ts': "tests what Node's own fetch makes of response heads",
  'test/node/transport.test.ts': "tests the time-outs of Node's own fetch",
  'test/node/polyfill.test.ts': "tests the built files as Node's loaders find them",
};
const NOT_OF_OTHERS: Record<string, string> = { ...NOT_OF_A_RUNTIME, ...OF_NODE_ALONE };

interface Result {
  passed: number;
  skipped: number;
  /** What failed, and how. */
  failures: string[];
}

interface Runtime {
  name: string;
  /** The files without which the runtime is not installed. */
  needs: readonly string[];
  version(): string;
  run(): Promise<Result>;
}

/** How a program ended: its output, in order, and its exit code. */
async function execute(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; output: string }> {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1', ...env },
    timeout: PATIENCE,
  });
  let stdout = '';
  let output = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, output };
}

/** The JSON that both Vitest and Jest write. */
interface Report {
  numPassedTests: number;
  numPendingTests: number;
  testResults: {
    message: string;
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
  }[];
}

/** Runs a test runner that has `--outputFile`. */
async function report(command: string, args: string[], env?: Record<string, string>): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'runtime-'));
  const file = join(directory, 'report.json');
  const { code, output } = await execute(command, [...args, `--outputFile=${file}`], env);
  const {
    numPassedTests: passed = 0,
    numPendingTests: skipped = 0,
    testResults = [],
  } = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : {};
  rmSync(directory, { recursive: true });
  const failures = testResults.flatMap(({ message, assertionResults }) => [
    // A file that could not be loaded has no tests.
    ...(message && !assertionResults.length ? [message] : []),
    ...assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join('\n')}`),
  ]);
  if (code !== 0 && !failures.length) failures.push(`ended with code ${code}: ${output.slice(-2000)}`);
  return { passed, skipped, failures };
}

/** Runs a Vitest project. */
function vitest(
  project: string,
  {
    command = [process.execPath],
    without = {},
    env = {},
  }: {
    command?: string[];
    without?: Record<string, string>;
    env?: Record<string, string>;
  } = {},
): Promise<Result> {
  const [program = '', ...args] = command;
  const excluded = Object.keys(without).flatMap((file) => ['--exclude', file]);
  const options = ['run', '--project', project, ...excluded, '--reporter=json'];
  return report(program, [...args, VITEST, ...options], env);
}

/** The version in a program's output. */
const versionOf = (program: string, ...args: string[]): string =>
  execFileSync(program, args.length ? args : ['--version'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).match(/\d+(\.\d+)+/)?.[0] ?? 'unknown';

const packageVersion = (name: string): string =>
  JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8')).version;

/** Runs the checks of the built files in a way that returns their result as JSON. */
async function check(run: (server: string) => Promise<string>): Promise<Result> {
  const server = await startServer();
  try {
    return JSON.parse(await run(server.url));
  } finally {
    await server.close();
  }
}

/** A program that runs JavaScript files: first the built files, then, if Vitest runs, the sources. */
function program(
  name: string,
  file: string,
  args: string[],
  without: Record<string, string> | undefined,
  /** Programs of its own that use the built files and print a result. */
  programs: readonly string[] = [],
): Runtime {
  const runProgram = async (path: string, server?: string) => {
    const { code, stdout, output } = await execute(file, [...args, path, ...(server ? [server] : [])]);
    return code === 0 ? stdout : JSON.stringify({ passed: 0, skipped: 0, failures: [output] });
  };
  return {
    name,
    needs: [file],
    version: () => versionOf(file),
    async run() {
      const built = await check((server) => runProgram('test/built/program.js', server));
      const results: Result[] = [built];
      for (const path of programs) results.push(JSON.parse(await runProgram(path)));
      if (without) results.push(await vitest('node', { command: [file, ...args], without }));
      return {
        passed: results.reduce((sum, { passed }) => sum + passed, 0),
        skipped: results.reduce((sum, { skipped }) => sum + skipped, 0),
        failures: results.flatMap(({ failures }) => failures),
      };
    },
  };
}

/** Vitest needs Node 20. */
const node = (major: number): Runtime =>
  program(
    `Node ${major}`,
    join(MODULES, `node-${major}/bin/node`),
    [],
    major < 20 ? undefined : NOT_OF_A_RUNTIME,
    // Vitest runs the first of these as well, where it runs.
    [...(major < 20 ? ['test/node/malformed-heads.js'] : []), 'test/runtimes/foreign-undici.js'],
  );

/** In a Worker with this date, `fetch` throws for any `cache`, and listeners get no `this`. */
const OLD_DATE = '2023-01-01';
const NEW_DATE = '2026-04-20';

function workers(compatibilityDate: string): Runtime {
  return {
    name: `Workers as of ${compatibilityDate}`,
    needs: [join(MODULES, 'miniflare'), join(MODULES, '@cloudflare/workerd-linux-64')],
    version: () => `workerd ${packageVersion('workerd')}`,
    run: () =>
      check((server) =>
        askWorker(
          join(ROOT, 'test/built/worker.js'),
          { compatibilityDate },
          { method: 'POST', body: server },
        ),
      ),
  };
}

function browser(
  name: string,
  engine: string,
  needs: readonly string[],
  ...command: [program: string, ...args: string[]]
): Runtime {
  return {
    name,
    needs,
    version: () => versionOf(...command),
    run: () => vitest('browsers', { env: { BROWSERS: engine } }),
  };
}

const { CHROMIUM_PATH = '/usr/bin/chromium', FIREFOX_PATH = '/usr/bin/firefox-esr' } = process.env;

const RUNTIMES: Runtime[] = [
  ...[18, 20, 22, 24, 26].map(node),
  program('Deno', DENO, ['run', '-A'], NOT_OF_OTHERS),
  program('Bun', BUN, ['--bun'], NOT_OF_OTHERS),
  workers(OLD_DATE),
  workers(NEW_DATE),
  browser('Chromium', 'chromium', [CHROMIUM_PATH], CHROMIUM_PATH),
  browser('Firefox ESR', 'firefox', [FIREFOX_PATH], FIREFOX_PATH),
  // It does not print its version, but its package does.
  browser('WebKitGTK', 'webkit', WEBKIT_FILES, 'dpkg-query', '--show', 'webkit2gtk-driver'),
  {
    name: 'Vitest with jsdom',
    needs: [join(ROOT, 'node_modules/jsdom')],
    version: () => createRequire(import.meta.url)(join(ROOT, 'node_modules/jsdom/package.json')).version,
    run: () => vitest('jsdom'),
  },
  {
    name: 'Jest with jsdom',
    needs: [join(MODULES, 'jest'), join(MODULES, 'jest-environment-jsdom')],
    version: () => packageVersion('jest'),
    run: () =>
      report(process.execPath, [
        join(MODULES, 'jest/bin/jest.js'),
        '--config=test/jest/jest.config.json',
        '--rootDir=test/jest',
        '--json',
      ]),
  },
];

type Row = readonly [runtime: string, version: string, passed: string, failed: string, skipped: string];

const HEADS: Row = ['runtime', 'version', 'passed', 'failed', 'skipped'];

function formatTable(rows: Row[]): string {
  const lines = [HEADS, ...rows].map((row) => `| ${row.join(' | ')} |`);
  return [lines[0], '|---|---|--:|--:|--:|', ...lines.slice(1)].join('\n');
}

/** The files that are left out, each with its reason. */
function formatLeftOut(): string {
  const lines = (files: Record<string, string>, where: string) =>
    Object.entries(files).map(([file, reason]) => `- \`${file}\`, ${where}: it ${reason}.`);
  return [...lines(NOT_OF_A_RUNTIME, 'in all'), ...lines(OF_NODE_ALONE, 'in Deno and Bun')].join('\n');
}

/** Replaces the text between the marks with this name on the page. */
function replacePart(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  if (!page.includes(start) || !page.includes(end)) throw new Error(`${PAGE} has no ${start}`);
  return `${page.slice(0, page.indexOf(start) + start.length)}\n${text}\n${page.slice(page.indexOf(end))}`;
}

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean' } },
  allowPositionals: true,
});
const chosen = RUNTIMES.filter(({ name }) => !positionals.length || positionals.includes(name));
if (positionals.length > chosen.length)
  throw new Error(`There are ${RUNTIMES.map(({ name }) => name).join(', ')}`);

const rows: Row[] = [];
for (const { name, needs, version, run } of chosen) {
  const missing = needs.filter((file) => !existsSync(file));
  if (missing.length) {
    rows.push([name, 'not run', '', '', '']);
    console.log(`${name}: not run, for there is no ${missing.join(', no ')}`);
    // Elsewhere, seeing the table is enough.
    if (process.env['CI']) process.exitCode = 1;
    continue;
  }
  const start = performance.now();
  const { passed, skipped, failures } = await run();
  const seconds = Math.round((performance.now() - start) / 1000);
  rows.push([name, version(), `${passed}`, `${failures.length}`, `${skipped}`]);
  console.log(`${name}: ${passed} passed, ${failures.length} failed, ${skipped} skipped (${seconds} s)`);
  for (const failure of failures) console.error(`  ${failure.replaceAll('\n', '\n    ')}`);
  if (failures.length || !passed) process.exitCode = 1;
}
const table = formatTable(rows);
console.log(`\n${table}`);

if (values.write) {
  if (chosen.length < RUNTIMES.length) throw new Error('The page shows all runtimes, so all must be run');
  const page = replacePart(readFileSync(PAGE, 'utf8'), 'table', table);
  writeFileSync(PAGE, replacePart(page, 'left out', formatLeftOut()));
}

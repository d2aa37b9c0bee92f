import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright';
import * as vite from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPage } from '../node/page.js';
import { BUN, DENO } from '../runtimes/programs.js';
import { askWorker } from '../runtimes/worker.js';
import { HERE, ROOT } from './consumer.js';

/** What a new user copies first. */
const EXAMPLE = readPage('README.md').take('my-token');

/** Where it connects to. */
const ORIGIN = 'https://api.example.com';

/** What it logs for this server's events: a message, and the ID of a named event. */
const EXPECTED = ['hello', '7'];
const STREAM = 'data: hello\n\nid: 7\nevent: signup\ndata: x\n\n';

/** A place where nothing of this repository can be found, for programs that may use only the library. */
const scratch = mkdtempSync(join(tmpdir(), 'projects-'));
let archive: string;

const server = createServer(({ url, headers }, response) => {
  const isRight = url === '/events' && headers.authorization === 'Bearer my-token';
  response.writeHead(isRight ? 200 : 403, { 'Content-Type': 'text/event-stream' }).write(STREAM);
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', scratch], { cwd: ROOT, encoding: 'utf8' }),
  ) as [{ filename: string }];
  archive = join(scratch, filename);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(scratch, { recursive: true });
});

/** A loader's way to let this server answer for the example's, so that the example stays as it is. */
const REDIRECT = 'redirect.mjs';
const redirect = () => {
  const { port } = server.address() as AddressInfo;
  return `const { fetch } = globalThis;
globalThis.fetch = (url, init) => fetch(url.replace('${ORIGIN}', 'http://127.0.0.1:${port}'), init);`;
};

/** A new folder with these files, after `npm install` of the archive. */
function createProject(manifest: object, files: Record<string, string>): string {
  const folder = mkdtempSync(join(scratch, 'project-'));
  const all = { ...files, [REDIRECT]: redirect(), 'package.json': JSON.stringify(manifest) };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  execFileSync('npm', ['install', '--no-audit', '--no-fund', archive], { cwd: folder, stdio: 'ignore' });
  return folder;
}

/** The first lines of a program's output. Throws all of it if the program ends sooner. */
async function linesOf(folder: string, program: string, ...args: string[]): Promise<string[]> {
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  try {
    for await (const chunk of child.stdout) {
      stdout += chunk;
      const lines = stdout.split('\n');
      if (lines.length > EXPECTED.length) return lines.slice(0, EXPECTED.length);
    }
    throw new Error(`${stdout}${stderr}`);
  } finally {
    child.kill();
  }
}

const MODULE = { type: 'module' };
const node = (folder: string, main: string) =>
  linesOf(folder, process.execPath, '--import', `./${REDIRECT}`, main);

/** Compiles the example as a project with these options does. */
function compile(folder: string, compilerOptions: object): void {
  const files = ['main.ts'];
  const options = { target: 'es2022', strict: true, skipLibCheck: false, types: [], outDir: 'built' };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ files, compilerOptions: { ...options, ...compilerOptions } }),
  );
  const tsc = join(HERE, 'node_modules/typescript-5.9/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', '.'], { cwd: folder, encoding: 'utf8' });
}

test('plain modules', async () => {
  expect(await node(createProject(MODULE, { 'main.js': EXAMPLE }), 'main.js')).toEqual(EXPECTED);
});

test('plain CommonJS, which cannot import', async () => {
  const code = EXAMPLE.replace(/import (.*) from (.*);/, 'const $1 = require($2);');
  expect(code).not.toBe(EXAMPLE);
  expect(await node(createProject({}, { 'main.js': code }), 'main.js')).toEqual(EXPECTED);
});

test('TypeScript to modules', async () => {
  const folder = createProject(MODULE, { 'main.ts': EXAMPLE });
  compile(folder, { module: 'nodenext' });
  expect(await node(folder, 'built/main.js')).toEqual(EXPECTED);
});

test('TypeScript to CommonJS', async () => {
  const folder = createProject({}, { 'main.ts': EXAMPLE });
  compile(folder, { module: 'commonjs' });
  expect(readFileSync(join(folder, 'built/main.js'), 'utf8')).toContain('require("eventsource-fetch")');
  expect(await node(folder, 'built/main.js')).toEqual(EXPECTED);
});

test('Deno', async () => {
  const folder = createProject(MODULE, { 'main.ts': EXAMPLE });
  const args = ['run', '--quiet', '--check', '--allow-all', '--node-modules-dir=manual'];
  expect(await linesOf(folder, DENO, ...args, `--preload=./${REDIRECT}`, 'main.ts')).toEqual(EXPECTED);
});

test('Bun', async () => {
  const folder = createProject({}, { 'main.ts': EXAMPLE });
  expect(await linesOf(folder, BUN, '--preload', `./${REDIRECT}`, 'main.ts')).toEqual(EXPECTED);
});

test('a Worker, which connects while it has a request to answer', async () => {
  const [imports = '', ...rest] = EXAMPLE.split('\n');
  const folder = createProject(MODULE, {
    'main.js': `${imports}
      export default {
        async fetch() {
          const lines = [];
          const console = { log: (line) => lines.push(line) };
          ${rest.join('\n')}
          await new Promise((resolve) => source.addEventListener('signup', resolve));
          source.close();
          return Response.json(lines);
        },
      };`,
  });
  const { port } = server.address() as AddressInfo;
  const answer = await askWorker(join(folder, 'main.js'), {
    compatibilityDate: '2026-04-20',
    // Where its requests go.
    outboundService: { external: { address: `127.0.0.1:${port}`, http: {} } },
  });
  expect(JSON.parse(answer)).toEqual(EXPECTED);
});

test('a page of Vite', async () => {
  const root = createProject(MODULE, {
    'index.html': '<!doctype html><title>x</title><script type="module" src="main.js"></script>',
    'main.js': EXAMPLE,
  });
  await vite.build({ root, configFile: false, logLevel: 'error' });
  const preview = await vite.preview({ root, configFile: false, logLevel: 'error' });
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.route(`${ORIGIN}/events`, (route) => {
      const headers = { 'Access-Control-Allow-Origin': '*' };
      const isRight = route.request().headers()['authorization'] === 'Bearer my-token';
      return route.fulfill({
        status: isRight ? 200 : 403,
        headers,
        contentType: 'text/event-stream',
        body: STREAM,
      });
    });
    const lines: string[] = [];
    page.on('console', (message) => lines.push(message.text()));
    await page.goto(preview.resolvedUrls?.local[0] ?? '');
    await expect.poll(() => lines.slice(0, EXPECTED.length)).toEqual(EXPECTED);
  } finally {
    await browser.close();
    await preview.close();
  }
});

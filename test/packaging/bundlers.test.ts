import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { type Browser, chromium } from 'playwright';
import { rollup } from 'rollup';
import * as vite from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import webpack from 'webpack';
import { createConsumer, PACKAGE, SPECIFIERS } from './consumer.js';

type Target = 'browser' | 'node';

/** Each bundles the file for production into one module, and returns its code. */
const BUNDLERS: Record<string, (folder: string, target: Target) => Promise<string>> = {
  esbuild: async (folder, platform) => {
    const { outputFiles } = await esbuild.build({
      entryPoints: [join(folder, 'entry.js')],
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform,
      // Not the one of this repository, which maps the name to the sources.
      tsconfigRaw: {},
    });
    return outputFiles[0]?.text ?? '';
  },
  Rollup: async (folder, target) => {
    const plugins = [nodeResolve({ browser: target === 'browser' })];
    const bundle = await rollup({ input: join(folder, 'entry.js'), plugins });
    const { output } = await bundle.generate({ format: 'es' });
    return output[0].code;
  },
  Vite: async (folder, target) => {
    const result = await vite.build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      ...(target === 'node' && { ssr: { noExternal: true as const } }),
      build: {
        write: false,
        ssr: target === 'node',
        minify: true,
        rollupOptions: { input: join(folder, 'entry.js'), preserveEntrySignatures: 'strict' },
      },
    });
    const [first] = [result].flat();
    return first && 'output' in first ? first.output[0].code : '';
  },
  webpack: async (folder, target) => {
    const compiler = webpack({
      mode: 'production',
      context: folder,
      entry: './entry.js',
      target: target === 'browser' ? 'web' : 'node',
      experiments: { outputModule: true },
      output: { path: folder, filename: 'webpack.js', module: true, library: { type: 'module' } },
    });
    const stats = await promisify(compiler.run.bind(compiler))();
    if (stats?.hasErrors() ?? true) throw new Error(stats?.toString());
    return readFileSync(join(folder, 'webpack.js'), 'utf8');
  },
};
const names = Object.keys(BUNDLERS);

function bundle(name: string, target: Target, code: string): Promise<string> {
  const folder = createConsumer(`${name} ${target} ${code.length}`, {
    'entry.js': code,
    'package.json': '{}',
  });
  return BUNDLERS[name]?.(folder, target) ?? Promise.reject(new Error(`No bundler ${name}`));
}

/** Its result is the first message of the stream at the URL, or the reason why there is none. */
const APPLICATION = `
  import { FetchEventSource, FetchEventSourceError } from 'eventsource-fetch';
  import 'eventsource-fetch/polyfill';
  import 'eventsource-fetch/polyfill/force';
  export const read = (url) =>
    new Promise((resolve) => {
      const source = new FetchEventSource(url, { headers: { Authorization: 'Bearer x' } });
      source.onmessage = ({ data }) => {
        source.close();
        resolve([data, EventSource === FetchEventSource, typeof FetchEventSourceError].join());
      };
      source.onerror = ({ message }) => resolve(message);
    });
`;
const RESULT = 'Bearer x,true,function';

const pages = new Map<string, { type: string; text: string }>();
const server = createServer(({ url = '', headers }, response) => {
  const page = pages.get(url) ?? { type: 'text/event-stream', text: `data: ${headers.authorization}\n\n` };
  response.writeHead(200, { 'Content-Type': page.type }).end(page.text);
});
let origin: string;
let browser: Browser;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  server.close();
});

/** The result of the expression in a page with this content. */
async function visit(path: string, html: string, expression: string): Promise<unknown> {
  pages.set(path, { type: 'text/html', text: html });
  const page = await browser.newPage();
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  await page.goto(origin + path);
  const result: unknown = await page.evaluate(expression);
  expect(errors).toEqual([]);
  await page.close();
  return result;
}

/** Puts the code on the server as a module. */
function serve(path: string, text: string): string {
  pages.set(path, { type: 'text/javascript', text });
  return path;
}

/** Runs code in a Node process and returns its output. */
async function runInNode(name: string, files: Record<string, string>, main: string): Promise<string> {
  const folder = createConsumer(name, files);
  const { stdout } = await promisify(execFile)(process.execPath, [main], { cwd: folder });
  return stdout.trim();
}

describe.each(names)('%s', (name) => {
  test('makes a bundle of the build for browsers, which reads a stream in a browser', async () => {
    const code = await bundle(name, 'browser', APPLICATION);
    // The code that follows redirects, which browsers do by themselves.
    expect(code.includes('Redirect not followed')).toBe(false);
    const path = serve(`/${name}.js`, code);
    const read = `import('${path}').then(({ read }) => read('/stream'))`;
    expect(await visit(`/${name}.html`, '<!doctype html>', read)).toBe(RESULT);
  });

  test('makes a bundle of the build that follows redirects, which reads a stream in Node', async () => {
    const code = await bundle(name, 'node', APPLICATION);
    expect(code.includes('Redirect not followed')).toBe(true);
    const main = `import { read } from './bundle.mjs'; console.log(await read('${origin}/stream'));`;
    expect(await runInNode(`${name} run`, { 'bundle.mjs': code, 'main.mjs': main }, 'main.mjs')).toBe(RESULT);
  });

  test('leaves the class out where only the error class is imported', async () => {
    const code = await bundle(name, 'browser', "export { FetchEventSourceError } from 'eventsource-fetch';");
    expect(code).toContain('FetchEventSourceError');
    expect(code).not.toMatch(/EventTarget|reconnectionTime|text\/event-stream/);
    expect(code.length).toBeLessThan(1000);
  });
});

describe('in a page without a bundler', () => {
  const file = (name: string) => serve(`/${name}`, readFileSync(join(PACKAGE, 'dist', name), 'utf8'));

  const first = `new Promise((resolve) => {
    const source = new FetchEventSource('/stream', { headers: { Authorization: 'Bearer x' } });
    source.onmessage = ({ data }) => { source.close(); resolve([data, typeof FetchEventSourceError].join()); };
  })`;

  test('a script has globals, and the page’s own EventSource stays', async () => {
    const html = `<!doctype html><script src="${file('script.min.js')}"></script>`;
    expect(await visit('/script.html', html, first)).toBe('Bearer x,function');
    expect(await visit('/script.html', html, 'EventSource === FetchEventSource')).toBe(false);
  });

  test('the bare name of the package leads to it on a CDN', () => {
    const { unpkg, jsdelivr } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
    expect([unpkg, jsdelivr]).toEqual(['./dist/script.min.js', './dist/script.min.js']);
  });

  test('a module script imports the minified module', async () => {
    const path = file('index.min.js');
    const expression = `import('${path}').then(({ FetchEventSource, FetchEventSourceError }) => ${first})`;
    expect(await visit('/module.html', '<!doctype html>', expression)).toBe('Bearer x,function');
  });

  test.each(['script.min.js', 'index.min.js'])('the source map of %s leads to the sources', (name) => {
    const map = JSON.parse(readFileSync(join(PACKAGE, 'dist', `${name}.map`), 'utf8'));
    expect(map.sources).toContain('../src/source/fetch-event-source.ts');
    expect(map.sourcesContent.join()).toContain('#dispatcher');
  });
});

describe('while a page is rendered on a server', () => {
  test.each(SPECIFIERS)('importing or requiring %s has no effect on the output', async (specifier) => {
    const files = {
      'module.mjs': `await import('${specifier}'); console.log('rendered');`,
      'module.cjs': `require('${specifier}'); console.log('rendered');`,
    };
    for (const [main, code] of Object.entries(files)) {
      expect(await runInNode(`server ${specifier}`, { [main]: code }, main)).toBe('rendered');
    }
  });

  test('Vite renders a module that imports all entries, in development too', async () => {
    const code = `${SPECIFIERS.map((specifier) => `import '${specifier}';\n`).join('')}
      import { FetchEventSource } from 'eventsource-fetch';
      export const render = () => '<p>' + FetchEventSource.name + '</p>';`;
    const folder = createConsumer('vite-server', { 'page.js': code });
    // Once as an external package, and once through Vite's own transformation, which cannot take React.
    for (const ssr of [{}, { noExternal: true as const, external: ['react'] }]) {
      const development = await vite.createServer({
        root: folder,
        configFile: false,
        logLevel: 'error',
        appType: 'custom',
        server: { middlewareMode: true, ws: false },
        ssr,
      });
      try {
        const { render } = await development.ssrLoadModule('/page.js');
        expect(render()).toBe('<p>EventSource</p>');
      } finally {
        await development.close();
      }
    }
  });
});

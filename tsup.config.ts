import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/**
 * What importers may name: `fetch-eventsource/NAME` is `src/NAME.ts` and becomes `dist/NAME.js`, `.cjs`, `.d.ts` and
 * `.d.cts`; `fetch-eventsource` itself is `index`.
 */
const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> };
const entries = Object.keys(exports)
  .filter((path) => !path.endsWith('.json'))
  .map((path) => path.slice(2) || 'index');

/**
 * Sources that are a file of their own in `dist`, not a part of each file that imports them. Entries that share one
 * share its classes; and a bundler leaves out the whole file that nothing is imported from, whatever is in it, where of
 * a file that it needs it keeps all that might have an effect, as the static block of a class.
 */
const APART = ['errors', 'event-stream-decoder', 'event-stream-encoder', 'fetch-event-source'];

/** Those which differ in the build for browsers. */
const DIFFERENT = ['fetch-event-source'];

const inBrowsers = (name: string) => `browser-${name}`;

/** Leaves imports of what is apart to those who run the file or bundle it. */
const importWhatIsApart = (nameOf: (name: string) => string): Plugin => ({
  name: 'import-what-is-apart',
  setup(build) {
    const extension = build.initialOptions.format === 'cjs' ? '.cjs' : '.js';
    for (const name of APART) {
      build.onResolve({ filter: new RegExp(`^\\./${name}\\.js$`) }, () => ({
        path: `./${nameOf(name)}${extension}`,
        external: true,
      }));
    }
  },
});

/** Browsers follow redirects on their own and lack nothing: they get less code. */
const forBrowsers: Plugin = {
  name: 'for-browsers',
  setup(build) {
    build.onResolve({ filter: /^\.\/(platform|transport)\.js$/ }, ({ path }) => ({
      path: fileURLToPath(new URL(`src/browser-${basename(path, '.js')}.ts`, import.meta.url)),
    }));
  },
};

const sources = (names: string[]) => Object.fromEntries(names.map((name) => [name, `src/${name}.ts`]));

const shared: Options = {
  target: 'es2022',
  sourcemap: true,
  // The polyfills import the library by its name, and so get the file that suits the platform.
  external: ['fetch-eventsource'],
};
const modules: Options = { ...shared, format: ['esm', 'cjs'], splitting: false };
/** For pages that load a file as it is: all in one. */
const page: Options = {
  ...shared,
  minify: true,
  outExtension: () => ({ js: '.min.js' }),
  esbuildPlugins: [forBrowsers],
};

const config: ReturnType<typeof defineConfig> = defineConfig([
  { ...modules, entry: sources(entries), dts: true, esbuildPlugins: [importWhatIsApart((name) => name)] },
  { ...modules, entry: sources(APART), esbuildPlugins: [importWhatIsApart((name) => name)] },
  {
    ...modules,
    entry: {
      browser: 'src/index.ts',
      ...Object.fromEntries(DIFFERENT.map((name) => [inBrowsers(name), `src/${name}.ts`])),
    },
    esbuildPlugins: [
      forBrowsers,
      importWhatIsApart((name) => (DIFFERENT.includes(name) ? inBrowsers(name) : name)),
    ],
  },
  // Beside the library, without a copy of it.
  { ...shared, entry: sources(['cli']), format: 'esm', external: [/^\.\/index\.js$/] },
  { ...page, entry: sources(['index']), format: 'esm' },
  { ...page, entry: sources(['script']), format: 'iife' },
]);

export default config;

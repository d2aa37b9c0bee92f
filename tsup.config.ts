import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig, type Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/**
 * What importers may name: `eventsource-fetch/NAME` is `src/NAME.ts` and becomes `dist/NAME.js`, `.cjs`, `.d.ts` and
 * `.d.cts`; `eventsource-fetch` itself is `index`.
 */
const { name, exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  name: string;
  exports: Record<string, unknown>;
};
const entries = Object.keys(exports)
  .filter((path) => !path.endsWith('.json'))
  .map((path) => path.slice(2) || 'index');

/**
 * Sources that are a file of their own in `dist`, by its name there, and not a part of each file that imports them:
 * entries that share one share its classes. A bundler leaves out the whole of a file from which nothing is imported; of a
 * file that it needs it keeps whatever might have an effect, such as the static block of a class.
 */
const APART: Record<string, string> = {
  'error-event': 'src/errors/error-event.ts',
  errors: 'src/errors/error.ts',
  'event-stream-decoder': 'src/stream/decoder.ts',
  'event-stream-encoder': 'src/stream/encoder.ts',
  'event-stream-interpreter': 'src/stream/interpreter.ts',
  'fetch-event-source': 'src/source/fetch-event-source.ts',
  'last-event-id': 'src/http/last-event-id.ts',
};

/** The class differs in the build for browsers, which takes their `#platform`. */
const CLASS = 'fetch-event-source';

/** Leaves imports of what is apart to those who run or bundle the file. */
const importWhatIsApart = (
  nameOf: (name: string) => string = (name) => name,
  apart: Record<string, string> = APART,
): Plugin => ({
  name: 'import-what-is-apart',
  setup(build) {
    const extension = build.initialOptions.format === 'cjs' ? '.cjs' : '.js';
    const names = new Map(Object.entries(apart).map(([name, source]) => [resolve(source), name]));
    build.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, kind }) => {
      const name = names.get(resolve(resolveDir, path.replace(/\.js$/, '.ts')));
      if (name === undefined || kind === 'entry-point') return undefined;
      return { path: `./${nameOf(name)}${extension}`, external: true };
    });
  },
});

const sources = (names: string[]) => Object.fromEntries(names.map((name) => [name, `src/${name}.ts`]));

const shared: Options = {
  target: 'es2022',
  sourcemap: true,
  // The polyfills import the library by its name, and so get the file that suits the platform.
  external: [name],
};
const modules: Options = { ...shared, format: ['esm', 'cjs'], splitting: false };
/** For pages that load a file as it is: all in one. */
const page: Options = {
  ...shared,
  minify: true,
  platform: 'browser',
  outExtension: () => ({ js: '.min.js' }),
};

const config: ReturnType<typeof defineConfig> = defineConfig([
  { ...modules, entry: sources(entries), dts: true, esbuildPlugins: [importWhatIsApart()] },
  { ...modules, entry: APART, esbuildPlugins: [importWhatIsApart()] },
  {
    ...modules,
    platform: 'browser',
    entry: { browser: 'src/index.ts', [`browser-${CLASS}`]: APART[CLASS] as string },
    esbuildPlugins: [importWhatIsApart((name) => (name === CLASS ? `browser-${name}` : name))],
  },
  // Beside the library, without a copy of it.
  {
    ...modules,
    entry: { cli: 'src/cli/main.ts' },
    format: 'esm',
    esbuildPlugins: [importWhatIsApart(undefined, { index: 'src/index.ts' })],
  },
  { ...page, entry: sources(['index']), format: 'esm' },
  { ...page, entry: sources(['script']), format: 'iife' },
]);

export default config;

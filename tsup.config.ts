import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig, type Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/**
 * What importers may name: `eventsource-fetch/NAME` is `src/NAME.ts` and becomes `dist/NAME.js`, `.cjs`, `.d.ts` and
 * `.d.cts`; `eventsource-fetch` itself is `index`. One that differs in browsers is `dist/browser-NAME.js` there.
 */
const { name, exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  name: string;
  exports: Record<string, { import?: { browser?: string } }>;
};
const paths = Object.keys(exports).filter((path) => !path.endsWith('.json'));
const toEntry = (path: string) => path.slice(2) || 'index';
const entries = paths.map(toEntry);
const differing = paths.filter((path) => exports[path]?.import?.browser).map(toEntry);

/**
 * Sources that are a file of their own in `dist`, by its name there, and not a part of each file that imports them:
 * entries that share one share its classes. A bundler leaves out the whole of a file from which nothing is imported; of a
 * file that it needs it keeps whatever might have an effect, such as the static block of a class.
 */
const APART: Record<string, string> = {
  body: 'src/http/body.ts',
  discard: 'src/http/discard.ts',
  'error-event': 'src/errors/error-event.ts',
  errors: 'src/errors/error.ts',
  'event-stream-decoder': 'src/stream/decoder.ts',
  'event-stream-encoder': 'src/stream/encoder.ts',
  'event-stream-interpreter': 'src/stream/interpreter.ts',
  'fetch-event-source': 'src/source/fetch-event-source.ts',
  'last-event-id': 'src/http/last-event-id.ts',
  mark: 'src/http/mark.ts',
  methods: 'src/http/methods.ts',
  permanent: 'src/errors/permanent.ts',
  text: 'src/errors/text.ts',
  transport: 'src/platform/transport.ts',
  'unless-aborted': 'src/http/unless-aborted.ts',
};

/** What is apart in the build for browsers, which takes their `#platform`, and does not suit others. */
const IN_BROWSERS: Record<string, string> = {
  'browser-fetch-event-source': 'src/source/fetch-event-source.ts',
  'browser-transport': 'src/platform/browser-transport.ts',
};

/** Leaves imports of what is apart to those who run or bundle the file. */
const importWhatIsApart = (apart: Record<string, string> = APART): Plugin => ({
  name: 'import-what-is-apart',
  setup(build) {
    const extension = build.initialOptions.format === 'cjs' ? '.cjs' : '.js';
    const names = new Map(Object.entries(apart).map(([name, source]) => [resolve(source), name]));
    const transport = 'browser-transport' in apart ? 'browser-transport' : 'transport';
    build.onResolve({ filter: /^(\.{1,2}\/|#transport$)/ }, ({ path, resolveDir, kind }) => {
      const file = resolve(resolveDir, path.replace(/\.js$/, '.ts'));
      const name = path === '#transport' ? transport : names.get(file);
      if (name === undefined || kind === 'entry-point') return undefined;
      return { path: `./${name}${extension}`, external: true };
    });
  },
});

/** `index` is `browser`. */
const toBrowserFile = (entry: string) =>
  [entry === 'index' ? 'browser' : `browser-${entry}`, `src/${entry}.ts`] as const;

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
    entry: { ...Object.fromEntries(differing.map(toBrowserFile)), ...IN_BROWSERS },
    esbuildPlugins: [importWhatIsApart({ ...APART, ...IN_BROWSERS })],
  },
  // Beside the library, without a copy of it.
  {
    ...modules,
    entry: { cli: 'src/cli/main.ts' },
    format: 'esm',
    esbuildPlugins: [importWhatIsApart({ index: 'src/index.ts' })],
  },
  { ...page, entry: sources(['index']), format: 'esm' },
  { ...page, entry: sources(['script']), format: 'iife' },
]);

export default config;

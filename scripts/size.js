// What each way in weighs in a browser: bundled, minified, gzipped. Fails above the limit, and for what has none.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * In bytes, for what is imported or for a file as it is: what it weighs now, rounded up. `PACKAGE` is the package's name.
 * A limit is raised only with a record of what the bytes buy, in docs/decisions.
 */
const LIMITS = {
  "export { FetchEventSource } from 'PACKAGE'": 9105,
  "export { FetchEventSourceError } from 'PACKAGE'": 177,
  "import 'PACKAGE/polyfill'": 9130,
  "import 'PACKAGE/polyfill/force'": 9125,
  "export { ErrorEvent } from 'PACKAGE'": 290,
  "export { parseEventStream } from 'PACKAGE/stream'": 2670,
  "export { EventStreamDecoder } from 'PACKAGE/stream'": 1955,
  "export { encodeEvent } from 'PACKAGE/stream'": 535,
  // Without React.
  "export { useEventSource } from 'PACKAGE/react'": 10120,
  "export { EventStreamEncoder } from 'PACKAGE/stream'": 540,
  "export * from 'PACKAGE/stream'": 3055,
  'dist/index.min.js': 9200,
  'dist/script.min.js': 9145,
  // docs/decisions/0015
  "export { FetchEventSource } from 'PACKAGE'; export { shareAcrossTabs } from 'PACKAGE/tabs'": 14045,
};

/** Where users read it: a page, and what stands before the number of kilobytes. */
const STATED = {
  "export { FetchEventSource } from 'PACKAGE'": ['README.md', 'No dependency; '],
  "export { parseEventStream } from 'PACKAGE/stream'": ['docs/stream.md', '`parseEventStream\\(.*\\| '],
  "export { EventStreamDecoder } from 'PACKAGE/stream'": ['docs/stream.md', 'EventStreamDecoder\\(.*\\| '],
  "export { encodeEvent } from 'PACKAGE/stream'": ['docs/stream.md', '`encodeEvent\\(.*\\| '],
  "export { EventStreamEncoder } from 'PACKAGE/stream'": ['docs/stream.md', 'EventStreamEncoder\\(.*\\| '],
};

const { name, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
for (const path of Object.keys(exports).filter((path) => !path.endsWith('.json'))) {
  const specifier = `'PACKAGE${path.slice(1)}'`;
  if (!Object.keys(LIMITS).some((code) => code.endsWith(specifier))) {
    console.error(`No limit for ${specifier}`);
    process.exitCode = 1;
  }
}

async function bundle(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['react'],
    // Not that of the sources, which maps the name to them: what counts is what users get.
    tsconfigRaw: {},
    write: false,
  });
  return outputFiles[0].contents;
}

for (const [way, limit] of Object.entries(LIMITS)) {
  const contents = way.startsWith('dist/')
    ? readFileSync(way)
    : await bundle(way.replaceAll('PACKAGE', name));
  const size = gzipSync(contents, { level: 9 }).length;
  console.log(`${way}: ${size} bytes gzipped of at most ${limit} (${contents.length} minified)`);
  if (size > limit) process.exitCode = 1;
  const [page, before] = STATED[way] ?? [];
  if (page) {
    const stated = new RegExp(`${before}([\\d.]+) kB`).exec(readFileSync(page, 'utf8'))?.[1];
    const right = (size / 1000).toFixed(1);
    if (stated !== right) {
      console.error(`${page} says ${stated} kB of it, not ${right}`);
      process.exitCode = 1;
    }
  }
}

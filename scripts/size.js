// What each way in weighs in a browser: bundled, minified, gzipped. Fails above the limit, and for what has none.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * In bytes, for what is imported or for a file as it is: what it weighs now, rounded up. `PACKAGE` is the package's name.
 * A limit is raised only with a record of what the bytes buy, in docs/decisions.
 */
const LIMITS = {
  "export { FetchEventSource } from 'PACKAGE'": 9215,
  "export { FetchEventSourceError } from 'PACKAGE'": 177,
  "import 'PACKAGE/polyfill'": 9240,
  "import 'PACKAGE/polyfill/force'": 9230,
  "export { ErrorEvent } from 'PACKAGE'": 290,
  "export { parseEventStream } from 'PACKAGE/stream'": 2675,
  "export { EventStreamDecoder } from 'PACKAGE/stream'": 1955,
  "export { encodeEvent } from 'PACKAGE/stream'": 535,
  "export { EventStreamEncoder } from 'PACKAGE/stream'": 540,
  "export * from 'PACKAGE/stream'": 3060,
  // Without React.
  "export { useEventSource } from 'PACKAGE/react'": 10220,
  "export { shareAcrossTabs } from 'PACKAGE/tabs'": 7240,
  "export { whileVisible } from 'PACKAGE/visible'": 1815,
  "export { resumable } from 'PACKAGE/resumable'": 3675,
  'dist/index.min.js': 9280,
  'dist/script.min.js': 9220,
};

/** In bytes: what a helper may add to a page that has the class, and with it the transport and the interpreter. */
const ADDED = {
  // docs/decisions/0016
  "export { shareAcrossTabs } from 'PACKAGE/tabs'": 5000,
  "export { whileVisible } from 'PACKAGE/visible'": 900,
  "export { resumable } from 'PACKAGE/resumable'": 1280,
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

const weigh = (contents) => gzipSync(contents, { level: 9 }).length;

const CLASS = "export { FetchEventSource } from 'PACKAGE'";
for (const [way, limit] of Object.entries(ADDED)) {
  const [alone, together] = await Promise.all(
    [CLASS, `${CLASS}; ${way}`].map(async (code) => weigh(await bundle(code.replaceAll('PACKAGE', name)))),
  );
  console.log(`${way}: adds ${together - alone} bytes gzipped of at most ${limit} to the class`);
  if (together - alone > limit) process.exitCode = 1;
}

for (const [way, limit] of Object.entries(LIMITS)) {
  const contents = way.startsWith('dist/') ? readFileSync(way) : await bundle(way.replace('PACKAGE', name));
  const size = weigh(contents);
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

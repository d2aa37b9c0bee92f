// What the class alone weighs in a browser: bundled, minified, gzipped. Fails above the limit.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * In bytes: what the class weighs now, rounded up. The core was to weigh 3,723, as `eventsource` 5.1.5 does, and faults
 * and speed 300 each at most; the difference is owed. To be lowered, not raised.
 */
const LIMIT = 4870;

const { outputFiles } = await build({
  stdin: { contents: "export { FetchEventSource } from 'fetch-eventsource';", resolveDir: '.' },
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  // Not that of the sources, which maps the name to them: what counts is what users get.
  tsconfigRaw: {},
  write: false,
});
const [{ contents }] = outputFiles;
const size = gzipSync(contents, { level: 9 }).length;
console.log(`FetchEventSource: ${size} bytes gzipped of at most ${LIMIT} (${contents.length} minified)`);
if (size > LIMIT) process.exitCode = 1;

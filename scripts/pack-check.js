// Whether `npm pack` holds just what it should, and resolves for every kind of importer.
import { execFileSync } from 'node:child_process';

const EXPECTED = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'dist/browser.cjs',
  'dist/browser.cjs.map',
  'dist/browser.js',
  'dist/browser.js.map',
  'dist/index.cjs',
  'dist/index.cjs.map',
  'dist/index.d.cts',
  'dist/index.d.ts',
  'dist/index.js',
  'dist/index.js.map',
  'package.json',
];

const run = (command, ...args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const [{ files }] = JSON.parse(run('npm', 'pack', '--dry-run', '--json'));
const found = files.map(({ path }) => path).sort();
const wrong = [
  ...found.filter((path) => !EXPECTED.includes(path)).map((path) => `unexpected: ${path}`),
  ...EXPECTED.filter((path) => !found.includes(path)).map((path) => `missing: ${path}`),
];
if (wrong.length) {
  console.error(wrong.join('\n'));
  process.exit(1);
}
console.log(`npm pack holds ${found.length} files, as it should`);
run('npx', 'publint', '--strict');
run('npx', 'attw', '--pack', '.');
console.log('publint and attw have nothing to say');

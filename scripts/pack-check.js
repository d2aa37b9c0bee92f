// Whether `npm pack` holds just what it should, and resolves for every kind of importer.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

const DOCUMENTS = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];

/** What has no name to import, but an address: `<script type="module">` can load it from any server. */
const BY_ADDRESS = ['dist/index.min.js'];

const run = (command, ...args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** All strings in a tree of objects. */
const leaves = (tree) => (typeof tree === 'string' ? [tree] : Object.values(tree ?? {}).flatMap(leaves));

/** The files of the package that a file says are needed: what it imports, and its source map. */
function neededBy(file) {
  if (!/\.c?js$|\.d\.c?ts$/.test(file) || !existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const paths = [
    ...text.matchAll(/(?:from |import |import\(|require\()["'](\.[^"']+)|sourceMappingURL=(\S+)/g),
  ];
  return paths.map(([, imported, map]) => {
    const path = posix.join(posix.dirname(file), imported ?? map);
    return /\.d\.c?ts$/.test(file) ? path.replace(/\.(c?)js$/, '.d.$1ts') : path;
  });
}

/** What something leads to: nothing else is of use to anybody. */
const expected = new Set(DOCUMENTS);
const { bin, exports, main, module, types, unpkg, jsdelivr } = manifest;
const queue = [...leaves([bin, exports, main, module, types, unpkg, jsdelivr]), ...BY_ADDRESS].map(
  posix.normalize,
);
for (const file of queue) {
  if (expected.has(file)) continue;
  expected.add(file);
  queue.push(...neededBy(file));
}

const [{ files }] = JSON.parse(run('npm', 'pack', '--dry-run', '--json', '--foreground-scripts=false'));
const found = files.map(({ path }) => path);
const code = found.filter((path) => /\.c?js$/.test(path));
const wrong = [
  ...found.filter((path) => !expected.has(path)).map((path) => `nothing leads to ${path}`),
  ...[...expected].filter((path) => !found.includes(path)).map((path) => `missing: ${path}`),
  ...code.filter((path) => !found.includes(`${path}.map`)).map((path) => `without a source map: ${path}`),
];
if (wrong.length) {
  console.error(wrong.join('\n'));
  process.exit(1);
}
console.log(`npm pack holds ${found.length} files, as it should`);
run('npx', 'publint', '--strict');
run('npx', 'attw', '--pack', '.');
console.log('publint and attw have nothing to say');

// Prints how large the sources are and how they depend on each other; exits with 1 and says why if a limit is exceeded.
// `npm run measure -- FOLDER` measures another folder of sources, such as those of an earlier commit.
import { posix } from 'node:path';
import { transformSync } from 'esbuild';
import {
  checkImports,
  checkMeasures,
  countLines,
  EXEMPT,
  findDeepestImports,
  findImportCycles,
  holdsOnlyTypes,
  LIMITS,
  measureAllFunctions,
  readProject,
} from './structure.ts';

/** How many of the largest are shown. */
const SHOWN = 5;

const project = readProject(process.argv[2] ?? 'src');

const show = (cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell);

/** Prints a table: text aligned to the left, numbers to the right. */
function print(heading, rows) {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => show(row[column]).length)));
  for (const row of all) {
    const cells = row.map((cell, column) =>
      typeof rows[0]?.[column] === 'number'
        ? show(cell).padStart(widths[column])
        : cell.padEnd(widths[column]),
    );
    console.log(cells.join('  ').trimEnd());
  }
  console.log();
}

/** Minifies each file alone, so its imports and exports count too, which a bundle does not have. */
function minify(text) {
  const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } };
  return transformSync(text, { loader: 'ts', target: 'es2022', minify: true, tsconfigRaw }).code;
}

const files = [...project.sources].map(([file, text]) => ({
  file,
  folder: posix.join('src', posix.dirname(file), '/'),
  lines: countLines(text),
  bytes: Buffer.byteLength(text),
  minified: Buffer.byteLength(minify(text)),
  remark: holdsOnlyTypes(file, text) ? 'types' : EXEMPT.includes(file) ? 'exempt' : '',
}));

function sum(name, files) {
  const total = (key) => files.reduce((sum, file) => sum + file[key], 0);
  return [name, files.length, total('lines'), total('bytes'), total('minified')];
}

const folders = [...new Set(files.map(({ folder }) => folder))].sort();
print(
  ['folder', 'files', 'lines', 'bytes', 'minified'],
  [
    ...folders.map((name) =>
      sum(
        name,
        files.filter(({ folder }) => folder === name),
      ),
    ),
    sum('all', files),
    sum(
      'all without the CLI',
      files.filter(({ file }) => !/^cli[-./]/.test(file)),
    ),
  ],
);

const largest = files.toSorted((a, b) => b.lines - a.lines).slice(0, SHOWN);
print(
  [`largest files (limit ${LIMITS.file})`, 'lines', 'bytes', ''],
  largest.map(({ file, lines, bytes, remark }) => [`src/${file}`, lines, bytes, remark]),
);

const functions = measureAllFunctions(project);
for (const [title, key] of [
  [`largest functions (limit ${LIMITS.functionLines})`, 'lines'],
  [`most complex functions (limit ${LIMITS.complexity})`, 'complexity'],
]) {
  const most = functions.toSorted((a, b) => b[key] - a[key]).slice(0, SHOWN);
  print(
    [title, key, 'where', ''],
    most.map((each) => [
      each.name,
      each[key],
      `src/${each.file}:${each.line}`,
      EXEMPT.includes(each.file) ? 'exempt' : '',
    ]),
  );
}

const chain = findDeepestImports(project);
console.log(`depth of imports (limit ${LIMITS.depth}): ${chain.length}: ${chain.join(' → ')}`);
console.log(`cycles of imports: ${findImportCycles(project).length}`);

const wrong = [...checkMeasures(project), ...checkImports(project)];
if (wrong.length) {
  console.error(`\n${wrong.join('\n')}`);
  process.exitCode = 1;
}

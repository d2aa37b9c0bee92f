// Builds `dist/`, unless it is there and made of just these sources: every script that needs it begins with
// `npm run build`, and only the first one takes seconds.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** All that the build depends on. With the lock file, tools of another version build anew. */
const SOURCES = [
  'src',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsup.config.ts',
  'scripts/build.js',
];
const OUTPUT = 'dist';

/** Says of what `dist/` was made, and what it was then. Not in `node_modules/`, so that it outlives `npm ci`. */
const RECORD = '.cache/build';

/** All files of a folder, or the file. */
function list(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => list(`${path}/${name}`));
}

function digest(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap(list)) {
    const content = readFileSync(file);
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

const sources = digest(SOURCES);
const record = () => `${sources}\n${digest([OUTPUT])}\n`;

if (!existsSync(RECORD) || readFileSync(RECORD, 'utf8') !== record()) {
  console.error(`Building ${OUTPUT}/`);
  // If it fails, or is interrupted, what is there counts for nothing.
  rmSync(RECORD, { force: true });
  rmSync(OUTPUT, { recursive: true, force: true });
  // Loading it takes longer than to see that there is nothing to do.
  const { build } = await import('tsup');
  try {
    await build({ silent: true });
  } catch ({ message }) {
    console.error(message);
    process.exit(1);
  }
  mkdirSync(dirname(RECORD), { recursive: true });
  writeFileSync(RECORD, record());
}

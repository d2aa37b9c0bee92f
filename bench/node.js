// The runtimes that the figures are of: Node from the registry, pinned, so that every machine measures the same one.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What the tests of runtimes install. */
const RUNTIMES = join(ROOT, 'test/runtimes');

/** The line that users are on: of it are the figures that come first. */
export const REFERENCE = 24;

/** The path of a line's program, such as 24. It is installed if it is not there yet. */
export function nodeOf(line) {
  const program = join(RUNTIMES, `node_modules/node-${line}/bin/node`);
  if (!existsSync(program)) {
    execFileSync(process.execPath, ['scripts/install.js', 'test/runtimes'], { cwd: ROOT, stdio: 'inherit' });
  }
  return program;
}

/** All lines that these scripts run on, in order. Node 18 lacks what they use. */
export const lines = () =>
  Object.keys(JSON.parse(readFileSync(join(RUNTIMES, 'package.json'), 'utf8')).devDependencies)
    .map((name) => Number(/^node-(\d+)$/.exec(name)?.[1]))
    .filter((line) => line >= 20)
    .sort((a, b) => a - b);

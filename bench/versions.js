// How does the speed of parsing depend on the version of Node? In each, compared with the fastest other parser.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { save } from './stats.js';

const PEER = 'eventsource-parser';

/** The runtimes that the tests of runtimes install. */
const RUNTIMES = fileURLToPath(new URL('../test/runtimes', import.meta.url));

const { devDependencies } = JSON.parse(readFileSync(join(RUNTIMES, 'package.json'), 'utf8'));
// Node 18 lacks what these scripts use.
const nodes = Object.keys(devDependencies).filter((name) => /^node-(?!18)/.test(name));

execFileSync('npm', ['ci', '--silent'], { cwd: RUNTIMES, stdio: 'inherit' });

const directory = mkdtempSync(join(tmpdir(), 'bench-'));
process.on('exit', () => rmSync(directory, { recursive: true }));
const versions = [];
for (const name of nodes) {
  const node = join(RUNTIMES, 'node_modules', name, 'bin/node');
  console.log(name);
  const file = join(directory, name);
  execFileSync(node, [join(import.meta.dirname, 'parser.js'), ...process.argv.slice(2)], {
    env: { ...process.env, BENCH_PEER: PEER, BENCH_FILE: file },
    stdio: 'inherit',
  });
  versions.push(JSON.parse(readFileSync(file, 'utf8')));
}
save('versions', { peer: PEER, versions });

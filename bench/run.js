// `npm run bench [-- parser growth …] [--quick]`: builds the library, measures in the reference
// Node, and writes docs/benchmarks.md.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { nodeOf, REFERENCE } from './node.js';
import { QUESTIONS } from './stats.js';

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const unknown = asked.find((name) => !QUESTIONS.includes(name));
if (unknown) throw new Error(`No benchmark is called ${unknown}; there are ${QUESTIONS.join(', ')}`);

const here = import.meta.dirname;
const run = (cwd, command, ...args) => execFileSync(command, args, { cwd, stdio: 'inherit' });

if (!existsSync(`${here}/node_modules`)) run(here, 'npm', 'ci');
run(`${here}/..`, 'npm', 'run', 'build', '--silent');
for (const name of asked.length ? asked : QUESTIONS) {
  const start = performance.now();
  console.log(`\n${name}`);
  run(here, nodeOf(REFERENCE), `${name}.js`, ...flags);
  console.log(`(${((performance.now() - start) / 1000).toFixed(0)} s)`);
}
if (!flags.includes('--quick')) run(here, process.execPath, 'report.js');

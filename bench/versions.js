// How does the speed of parsing depend on the version of Node? In each, compared with the fastest other parser.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lines, nodeOf } from './node.js';
import { save } from './stats.js';

const PEER = 'eventsource-parser';

const directory = mkdtempSync(join(tmpdir(), 'bench-'));
process.on('exit', () => rmSync(directory, { recursive: true }));
const versions = [];
for (const line of lines()) {
  console.log(`Node ${line}`);
  const file = join(directory, `${line}`);
  execFileSync(nodeOf(line), [join(import.meta.dirname, 'parser.js'), ...process.argv.slice(2)], {
    env: { ...process.env, BENCH_PEER: PEER, BENCH_FILE: file },
    stdio: 'inherit',
  });
  versions.push(JSON.parse(readFileSync(file, 'utf8')));
}
save('versions', { peer: PEER, versions });

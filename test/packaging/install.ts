import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HERE, PACKAGE, ROOT } from './consumer.js';

const run = (folder: string, ...args: string[]) =>
  execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** What is to be installed, as it was when it was. */
const DONE = join(HERE, 'node_modules/.done');
const wanted = readFileSync(join(HERE, 'package-lock.json'), 'utf8');

/** Says what the package holds, and nothing of the build that comes first. */
const PACK = ['pack', '--dry-run', '--json', '--foreground-scripts=false'];

/** Installs compilers, bundlers and type packages, and the library as `npm pack` has it. */
export default function setup(): void {
  if (!existsSync(DONE) || readFileSync(DONE, 'utf8') !== wanted) {
    run(HERE, 'ci');
    writeFileSync(DONE, wanted);
  }
  rmSync(join(HERE, '.consumers'), { recursive: true, force: true });
  rmSync(PACKAGE, { recursive: true, force: true });
  const [{ files }] = JSON.parse(run(ROOT, ...PACK)) as [{ files: { path: string }[] }];
  for (const { path } of files) {
    mkdirSync(dirname(join(PACKAGE, path)), { recursive: true });
    cpSync(join(ROOT, path), join(PACKAGE, path));
  }
}

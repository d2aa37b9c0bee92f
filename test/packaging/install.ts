import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HERE, PACKAGE, ROOT } from './consumer.js';

const run = (folder: string, ...args: string[]) =>
  execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** Says what the package holds, and nothing of the build that comes first. */
const PACK = ['pack', '--dry-run', '--json', '--foreground-scripts=false'];

/** Installs the library as `npm pack` has it, beside compilers, bundlers and type packages. */
export default function setup(): void {
  rmSync(join(HERE, '.consumers'), { recursive: true, force: true });
  rmSync(PACKAGE, { recursive: true, force: true });
  const [{ files }] = JSON.parse(run(ROOT, ...PACK)) as [{ files: { path: string }[] }];
  for (const { path } of files) {
    mkdirSync(dirname(join(PACKAGE, path)), { recursive: true });
    cpSync(join(ROOT, path), join(PACKAGE, path));
  }
}

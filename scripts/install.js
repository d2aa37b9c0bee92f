// `node scripts/install.js FOLDER …` is `npm ci` there, unless just that is installed already.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

for (const folder of process.argv.slice(2)) {
  const wanted = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  // Gone with what it speaks of.
  const record = join(folder, 'node_modules/.installed');
  if (existsSync(record) && readFileSync(record, 'utf8') === wanted) continue;
  execFileSync('npm', ['ci', '--prefix', folder], { stdio: 'inherit' });
  writeFileSync(record, wanted);
}

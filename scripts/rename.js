// Gives the package another name, everywhere at once: `npm run rename -- NEW`. Nothing else knows how to spell it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [name] = process.argv.slice(2);
if (!/^(@[a-z\d][\w.-]*\/)?[a-z\d][\w.-]*$/.test(name ?? '')) {
  console.error('usage: npm run rename -- NEW (a name that npm accepts, with a scope or without)');
  process.exit(2);
}
const { name: old } = JSON.parse(readFileSync('package.json', 'utf8'));
// Not in a longer word or path, such as the name of another package.
const pattern = new RegExp(`(?<![\\w.-])${old.replace(/[.]/g, '\\.')}(?!\\w)`, 'g');
const files = execFileSync('git', ['grep', '-lIF', old], { encoding: 'utf8' }).trim().split('\n');
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(pattern, name));
}
console.log(`${old} is ${name} in ${files.length} files. Now: npm install, npm run lint, npm test`);

// `npm run release` rehearses: everything but the upload, and says what would be in its way. `npm run release --
// --publish` releases the version of package.json, with provenance, which npm grants only to the continuous integration
// of a public repository that package.json names.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { publish: { type: 'boolean', default: false } } });
const { version, repository } = JSON.parse(readFileSync('package.json', 'utf8'));
const tag = `v${version}`;

const run = (command, ...args) => execFileSync(command, args, { stdio: 'inherit' });
const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();

/** What must not be so in a release, though it may be on the way to one. */
const obstacles = [];
const [, newest = ''] = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m);
if (!newest.startsWith(`[${version}] - `)) obstacles.push(`CHANGELOG.md does not begin with [${version}]`);
if (!/^- /m.test(newest)) obstacles.push('CHANGELOG.md says nothing of this version');
if (git('status', '--porcelain')) obstacles.push('there are changes that are not committed');
if (git('tag', '--list', tag)) obstacles.push(`the tag ${tag} exists`);
if (!repository) obstacles.push('package.json names no repository');

console.log([`${version}: ${obstacles.length || 'no'} obstacles`, ...obstacles].join('\n'));
if (values.publish && obstacles.length) process.exit(1);

for (const script of ['build', 'size', 'pack:check']) run('npm', 'run', script);
const rehearsal = values.publish ? [] : ['--dry-run'];
run('npm', 'publish', '--provenance', '--access', 'public', ...rehearsal);
if (values.publish) {
  run('git', 'tag', '--annotate', tag, '--message', tag);
  console.log(`Published. Now: git push origin ${tag}`);
}

// Writes docs/benchmarks.md, its plots and the README's lines from the latest measurements.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pictures } from './markdown.js';
import { load, QUESTIONS } from './stats.js';

// Measuring one part must not remove the other parts from the page.
const results = QUESTIONS.map((name) => [name, load(name)]);
const missing = results.filter(([, result]) => !result).map(([name]) => name);
if (missing.length) {
  console.log(`docs/benchmarks.md is unchanged: not measured here yet: ${missing.join(', ')}`);
  process.exit();
}

const DOCS = new URL('../docs/', import.meta.url);
const README = new URL('../README.md', import.meta.url);

const sections = [];
const facts = new Set();
for (const [name, result] of results) {
  const { default: write } = await import(`./sections/${name}.js`);
  sections.push(write(result));
  const { cpu, cores, system, node } = result.machine;
  facts.add(`${cpu}, ${cores} cores, ${system}, Node ${node}; ${result.date}`);
  if (result.chromium) facts.add(`Chromium ${result.chromium}`);
}

mkdirSync(new URL('benchmarks/', DOCS), { recursive: true });
for (const [name, svg] of Object.entries(pictures))
  writeFileSync(new URL(`benchmarks/${name}.svg`, DOCS), `${svg}\n`);

writeFileSync(
  new URL('benchmarks.md', DOCS),
  `<!-- Written by bench/report.js: edit that. -->
# Benchmarks

\`npm run bench\` measures all of this in half an hour on a quiet machine, and writes this page. Each part has its own
command below, which rewrites the page once every part has been measured. \`-- --quick\` gives a first impression.
Comparisons are interleaved: every client has a turn in each round, and the figures are medians over the rounds. Speeds
are compared within a round, because a machine's speed changes. Machines differ, so ratios come first. Clients that are
too slow to wait for are measured once.

${[...facts].map((fact) => `- ${fact}`).join('\n')}

${sections.map(({ text }) => text).join('\n\n')}
`,
);

const summary = sections.flatMap(({ readme }) => readme ?? []).join('\n');
const marked = /(<!-- bench -->\n)[\s\S]*?(<!-- \/bench -->)/;
writeFileSync(
  README,
  readFileSync(README, 'utf8').replace(marked, (_, start, end) => `${start}${summary}\n${end}`),
);
console.log('docs/benchmarks.md is written');

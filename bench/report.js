// Writes docs/benchmarks.md, its plots, and the lines of the README from what was measured last.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pictures } from './markdown.js';
import { load, QUESTIONS } from './stats.js';

// Lest a part that is measured for itself take away what the page says of the others.
const results = QUESTIONS.map((name) => [name, load(name)]);
const missing = results.filter(([, result]) => !result).map(([name]) => name);
if (missing.length) {
  console.log(`docs/benchmarks.md stays as it is: here, ${missing.join(', ')} not measured yet`);
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

\`npm run bench\` measures all of this, in half an hour on a quiet machine, and writes this page; each part has
its own command below, which writes the page anew once all were measured, and \`-- --quick\` takes a first look.
Comparisons are interleaved: in each round every client has its turn, and what is shown are medians over the rounds;
paces are compared within a round, for that of a machine changes. Machines differ, so ratios come first. Clients that
are too far behind to wait for are measured once.

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

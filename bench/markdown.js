// Formats words and numbers for docs/benchmarks.md.
import { limits, OURS } from './clients.js';
import { DRAIN } from './sources.js';

/** Not event stream clients, but what those are compared with. */
const LIMITS = new Set([...Object.keys(limits), DRAIN, 'ws', "Node's WebSocket", 'native WebSocket']);

export function roleOf(name) {
  if (name === OURS) return 'ours';
  return LIMITS.has(name) ? 'limit' : 'peer';
}

export const times = (value) => `${value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en')} ×`;

/** Like `times`, for places where all numbers are ratios. */
export const plain = (value) => times(value).replace(' ×', '');

/** A number of a result or, if there is none, the reason. */
export const shown = (result, key, format = times) =>
  result?.[key] === undefined ? (result?.verdict ?? '–') : format(result[key]);

export function table(head, rows) {
  const rule = head.map((_, index) => (index ? '--:' : '---'));
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

export const strong = (name, label) => (name === OURS ? `**${label}**` : label);

export const command = (name) => `\`npm run bench -- ${name}\``;

/** Pictures by the names of their files. */
export const pictures = {};

export function picture(name, svg, alternative) {
  pictures[name] = svg;
  return `![${alternative}](benchmarks/${name}.svg)`;
}

/** Rows of bars, best first: each client with its value in each panel. `panels` are results by client. */
export function rowsFor(labels, key, ...panels) {
  const order = (name) => panels[0][name]?.[key] ?? Infinity;
  return Object.keys(labels)
    .filter((name) => panels.some((results) => results[name]))
    .sort((a, b) => order(a) - order(b))
    .map((name) => ({
      label: labels[name],
      role: roleOf(name),
      values: panels.map((results) => results[name]?.[key]),
      notes: panels.map((results) => results[name]?.verdict),
    }));
}

// Medians, ratios, and the files of results.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';

/** What is measured. Each has a script and a section of its name. */
export const QUESTIONS = [
  'parser',
  'versions',
  'growth',
  'e2e',
  'latency',
  'connections',
  'browser',
  'retention',
];

/** For a first impression: fewer rounds and smaller streams. The figures are not saved. */
export const isQuick = process.argv.includes('--quick') || !!process.env.BENCH_QUICK;

/** Rounds of each comparison. Every client has a turn in each round. */
export const rounds = isQuick ? 3 : 7;

const RESULTS = new URL('results/', import.meta.url);

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const geometricMean = (values) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** Median of `samples[name]` for each number that the samples have. */
export function medians(samples) {
  const numbers = Object.keys(samples[0]).filter((key) => typeof samples[0][key] === 'number');
  return Object.fromEntries(numbers.map((key) => [key, median(samples.map((sample) => sample[key]))]));
}

/**
 * Gives every name a turn in each round, and returns the medians by name. A sample with a `verdict` is the client's
 * last: it fails, delivers something else, or is so far behind that it is `measured once`.
 *
 * With a `limit` among the names, results also have a `ratio`: the median of `key` relative to the limit's in the same
 * round, because a machine's speed changes from one round to the next.
 */
export async function interleave(names, sample, { count = rounds, limit, key } = {}) {
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  const last = {};
  for (let round = 0; round < count; round++) {
    for (const name of names) {
      if (last[name]) continue;
      try {
        const result = await sample(name, round);
        if (result.verdict) last[name] = result;
        else samples[name].push(result);
      } catch (error) {
        last[name] = { verdict: 'fails' };
        console.error(`  ${error.message}`);
      }
    }
  }
  const results = Object.fromEntries(names.map((name) => [name, last[name] ?? medians(samples[name])]));
  for (const name of limit && samples[limit].length ? names : []) {
    // A client that ended early has a sample for each round before that, and the last one.
    const all = [...samples[name], ...(last[name]?.[key] ? [last[name]] : [])];
    const pairs = all.slice(0, samples[limit].length).map((sample, round) => [sample, samples[limit][round]]);
    if (pairs.length) results[name].ratio = median(pairs.map(([own, ofLimit]) => own[key] / ofLimit[key]));
  }
  return results;
}

/** The machine and the runtime, as they are now. */
export const machine = () => ({
  cpu: os.cpus()[0].model.trim(),
  cores: os.cpus().length,
  system: `${os.type()} ${os.arch()}`,
  node: process.versions.node,
  v8: process.versions.v8,
});

export function save(name, result) {
  if (isQuick)
    return console.log(JSON.stringify(result, (key, value) => (key === 'samples' ? undefined : value)));
  mkdirSync(RESULTS, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(
    new URL(`${name}.json`, RESULTS),
    `${JSON.stringify({ date, machine: machine(), ...result }, null, 1)}\n`,
  );
}

/** The latest results, or `undefined`. */
export function load(name) {
  try {
    return JSON.parse(readFileSync(new URL(`${name}.json`, RESULTS), 'utf8'));
  } catch {
    return undefined;
  }
}

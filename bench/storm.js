// What happens when a server with very many clients dies and comes back? Simulates it: asks the library's reconnection
// policy for each client, on a virtual clock. Writes docs/storm.md and its plot. Needs `npm ci --prefix bench`.
import { writeFileSync } from 'node:fs';
import * as echarts from 'echarts';
import { FetchEventSourceError } from '../src/errors/error.ts';
import { readOptions } from '../src/options/options.ts';
import { decide } from '../src/reconnect/decision.ts';
import { makeRandom } from './corpora.js';

const CLIENTS = 100_000;

/** How long the server is down, in milliseconds. */
const DOWN = 60_000;

/** Reconnection times to compare, in milliseconds. The first is the default, and the plot shows it. */
const RECONNECTION_TIMES = [3_000, 10_000, 30_000];

/** The same numbers in each run, above 0 and at most 1. */
function drawAboveZero() {
  const random = makeRandom(1);
  return () => 1 - random();
}

/** A function that asks the policy how long to wait, in milliseconds, after a number of failures. */
function askPolicy(reconnectionTime) {
  const { policy } = readOptions('https://example.org/', { reconnect: { reconnectionTime } });
  const timing = { reconnectionTime, isFromServer: false };
  const error = new FetchEventSourceError('network', 'Connection failed');
  const { signal } = new AbortController();
  return async (failures, random) => {
    const failure = { lastEventId: '', failures, error, signal };
    return (await decide(policy, failure, timing, 0, random)).wait.total;
  };
}

/** When clients connect, in milliseconds since all connections broke. The last time of each client is its return. */
async function simulate(wait, random) {
  const arrivals = [];
  const returns = [];
  for (let client = 0; client < CLIENTS; client++) {
    let now = 0;
    for (let failures = 0; now < DOWN; failures++) {
      now += await wait(failures, random());
      arrivals.push(now);
    }
    returns.push(now);
  }
  return { arrivals, returns };
}

/** How many of the times fall into each span, which is in milliseconds. */
function count(times, span) {
  const counts = [];
  for (const time of times) {
    const index = Math.floor(time / span);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return Array.from(counts, (value) => value ?? 0);
}

const largest = (values) => values.reduce((most, value) => Math.max(most, value), 0);

async function compare(reconnectionTime) {
  const wait = askPolicy(reconnectionTime);
  const storms = {
    jitter: await simulate(wait, drawAboveZero()),
    // The same mean wait, but the same for all clients
    none: await simulate(wait, () => 0.5),
  };
  const each = (measure) => ({ jitter: measure(storms.jitter), none: measure(storms.none) });
  return {
    reconnectionTime,
    firstWait: [await wait(0, 0), await wait(0, 1)],
    perSecond: each(({ arrivals }) => count(arrivals, 1_000)),
    first: each(({ arrivals }) => largest(count(arrivals, 100).slice(0, DOWN / 100))),
    after: each(({ returns }) => largest(count(returns, 1_000))),
    back: each(({ returns }) => (largest(returns) - DOWN) / 1_000),
  };
}

/** What the plot shows, for readers who cannot see it. */
const ALTERNATIVE =
  'Arrivals per second while a server is down and after its return, with and without jitter';

/** Colours on a light background, and on a dark one. */
const COLOURS = {
  text: ['#3d444d', '#d1d7e0'],
  lines: ['#d1d9e0', '#3d444d'],
  down: ['#f6f8fa', '#1c2128'],
  jitter: ['#0969da', '#58a6ff'],
  none: ['#bc4c00', '#f0883e'],
};
const colour = Object.fromEntries(Object.entries(COLOURS).map(([name, [light]]) => [name, light]));

function describeChart({ perSecond }) {
  const seconds = Math.ceil(Math.max(perSecond.jitter.length, perSecond.none.length) / 10) * 10;
  const text = { color: colour.text, fontSize: 14 };
  const axis = { nameTextStyle: text, axisLabel: text, axisLine: { lineStyle: { color: colour.text } } };
  const lines = { lineStyle: { color: colour.lines } };
  return {
    animation: false,
    legend: {
      icon: 'rect',
      top: 4,
      itemGap: 30,
      textStyle: { ...text, fontSize: 15 },
      data: ['no jitter', 'eventsource-fetch'],
    },
    grid: { left: 80, right: 20, top: 60, bottom: 60 },
    xAxis: {
      ...axis,
      type: 'value',
      max: seconds,
      interval: 10,
      name: 'seconds since all connections broke',
      nameLocation: 'middle',
      nameGap: 32,
      splitLine: { show: false },
      axisTick: { show: true, ...lines },
    },
    yAxis: {
      ...axis,
      type: 'value',
      max: CLIENTS,
      name: 'arrivals per second',
      nameGap: 18,
      splitLine: lines,
    },
    series: [
      {
        name: 'no jitter',
        type: 'bar',
        silent: true,
        itemStyle: { color: colour.none },
        barWidth: 7,
        data: perSecond.none.flatMap((value, second) => (value ? [[second + 0.5, value]] : [])),
        markArea: {
          silent: true,
          itemStyle: { color: colour.down },
          label: { ...text, position: 'insideTop', distance: 10, offset: [58, 0] },
          data: [[{ name: 'the server is down', xAxis: 0 }, { xAxis: DOWN / 1_000 }]],
        },
      },
      {
        name: 'eventsource-fetch',
        type: 'line',
        step: 'end',
        silent: true,
        symbol: 'none',
        lineStyle: { width: 2 },
        itemStyle: { color: colour.jitter },
        areaStyle: { opacity: 0.35 },
        data: [...perSecond.jitter, 0].map((value, second) => [second, value]),
      },
    ],
  };
}

function plot(comparison) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 420 });
  chart.setOption(describeChart(comparison));
  const svg = chart.renderToSVGString();
  chart.dispose();
  const dark = Object.values(COLOURS)
    .flatMap(([from, to]) =>
      ['fill', 'stroke'].map((property) => `[${property}="${from}"]{${property}:${to}}`),
    )
    .join('\n');
  // Nothing here reacts to a pointer, and the page has the background.
  return svg
    .replace(/<style[\s\S]*?<\/style>/, '')
    .replace(/ class="[^"]*"/g, '')
    .replace(/<rect [^>]*fill="none"[^>]*><\/rect>/, '')
    .replace('>', ` role="img">\n<title>${ALTERNATIVE}</title>`)
    .replace('</svg>', `<style>@media (prefers-color-scheme:dark){\n${dark}\n}</style>\n</svg>\n`);
}

const format = (value, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

function describe(comparisons) {
  const [standard] = comparisons;
  const both = ({ jitter, none }, digits) => `${format(jitter, digits)} / ${format(none, digits)}`;
  const row = ({ reconnectionTime, firstWait, first, after, back }) => {
    const [least, most] = firstWait.map((time) => format(time));
    return `| ${format(reconnectionTime)} | ${least} – ${most} | ${both(first)} | ${both(after)} | ${both(back, 1)} |`;
  };
  return `# When a server with ${format(CLIENTS)} clients dies

<!-- Written by \`npm run storm\`: changes to this file are lost. -->

![${ALTERNATIVE}](storm.svg)

All connections break at once, and the server is down for ${DOWN / 1_000} s. Each client asks the library's own policy
([src/reconnect](../src/reconnect/backoff.ts)) how long to wait, with the default options and a virtual clock: these numbers
are computed, not measured. "No jitter" is the same policy with one random number for all clients. They then arrive
together each time, and the server that comes back gets all ${format(standard.after.none)} in the same instant. With jitter, no second after
its return brings more than ${format(standard.after.jitter)} clients, and the last one is back after ${format(standard.back.jitter, 1)} s.

The first wait after a healthy connection varies the least. A server that expects many clients can spread them further
with a longer \`retry\`. Each cell is with jitter / without:

| \`retry\` (ms) | first wait (ms) | most in 100 ms while it is down | most in 1 s after its return | all are back after (s) |
|--:|--:|--:|--:|--:|
${comparisons.map(row).join('\n')}
`;
}

const comparisons = [];
for (const reconnectionTime of RECONNECTION_TIMES) comparisons.push(await compare(reconnectionTime));
const DOCS = new URL('../docs/', import.meta.url);
writeFileSync(new URL('storm.svg', DOCS), plot(comparisons[0]));
writeFileSync(new URL('storm.md', DOCS), describe(comparisons));

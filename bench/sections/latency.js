import { command, picture, plain, rowsFor, shown, strong, table } from '../markdown.js';
import { bars } from '../plots.js';

export default function latency({ labels, spacing, events, clients }) {
  const keys = ['p50', 'p90', 'p99'];
  const by = (key) =>
    Object.fromEntries(Object.keys(clients).map((name) => [name, { ratio: clients[name][`${key}Ratio`] }]));
  return {
    text: `## Latency: from a write to the handler

${picture(
  'latency',
  bars({
    title: 'Latency, relative to a bare fetch',
    subtitle: `An event every ${spacing} ms over loopback; less is better.`,
    format: plain,
    baseline: true,
    rows: rowsFor(labels, 'ratio', by('p50'), by('p99')),
    panels: ['p50', 'p99'],
  }),
  'Latency of each client',
)}

${table(
  ['÷ drain (microseconds)', ...keys],
  Object.keys(labels).map((name) => [
    strong(name, labels[name]),
    ...keys.map((key) => `${shown(clients[name], `${key}Ratio`)} (${shown(clients[name], key, Math.round)})`),
  ]),
)}

Medians over streams of ${events} events. ${command('latency')}`,
  };
}

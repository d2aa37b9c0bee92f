import { command, picture, rowsFor, shown, strong, table } from '../markdown.js';
import { bars } from '../plots.js';

export default function retention({ labels, chunk, cells }) {
  return {
    text: `## Retention: what a small string of each event keeps alive

${picture(
  'retention',
  bars({
    title: 'Memory for each small string that is kept',
    subtitle: `Bytes after a garbage collection, from chunks of ${chunk / 1024} KiB; less is better.`,
    format: (value) => Math.round(value).toLocaleString('en'),
    rows: rowsFor(labels, 'bytesEach', ...cells.map(({ results }) => results)),
    panels: cells.map(({ what }) => what),
  }),
  'Memory for each string kept',
)}

${table(
  ['bytes', ...cells.map(({ what }) => what)],
  Object.keys(labels).map((name) => [
    strong(name, labels[name]),
    ...cells.map(({ results }) => shown(results[name], 'bytesEach', Math.round)),
  ]),
)}

A slice that a caller takes of \`data\` keeps all of it alive in every engine; the last column is here for scale. ${command('retention')}`,
  };
}

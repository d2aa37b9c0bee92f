import { command, picture, plain, rowsFor, shown, strong, table, times } from '../markdown.js';
import { bars } from '../plots.js';

export default function connections({ labels, cells }) {
  const columns = ['ratio', 'rss', 'heap', 'open', 'deliver'];
  return {
    text: `## Idle streams

${picture(
  'connections',
  bars({
    title: 'Memory of an idle stream, relative to a bare fetch',
    subtitle: "Growth of the client's process divided by the number of streams; less is better.",
    format: plain,
    baseline: true,
    rows: rowsFor(labels, 'ratio', ...cells.map(({ clients }) => clients)),
    panels: cells.map(({ count }) => `${count.toLocaleString('en')} streams`),
  }),
  'Memory of an idle stream',
)}

${cells
  .map(({ count, clients }) =>
    table(
      [
        `${count.toLocaleString('en')} streams`,
        'memory ÷ drain',
        'KB each',
        'of it in the heap',
        'ms to open all',
        'ms for an event to all',
      ],
      Object.keys(clients).map((name) => [
        strong(name, labels[name]),
        ...columns.map((key) =>
          shown(
            clients[name],
            key,
            key === 'ratio' ? times : (value) => value.toFixed(key === 'rss' || key === 'heap' ? 1 : 0),
          ),
        ),
      ]),
    ),
  )
  .join('\n\n')}

${command('connections')}`,
  };
}

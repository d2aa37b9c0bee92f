import { OURS } from '../clients.js';
import { command, picture, plain, rowsFor, shown, strong, table, times } from '../markdown.js';
import { bars } from '../plots.js';

export default function e2e({ labels, kinds, cells }) {
  const nameOf = ({ corpus, writes }) => `${corpus}, ${writes === 'event' ? 'an event' : writes} a chunk`;
  const ratio = (cell, name) => shown(cell.clients[name], 'ratio');
  const some = ['eventsource', 'undici', '@microsoft/fetch-event-source'];
  return {
    readme:
      `- Node, server to \`onmessage\`: ${ratio(cells[0], OURS)} the CPU of a bare \`fetch\` that reads the same bytes ` +
      `(${some.map((name) => `${labels[name]}: ${ratio(cells[0], name)}`).join(', ')}).`,
    text: `## End to end in Node: server to \`onmessage\`

${picture(
  'e2e',
  bars({
    title: "Client's CPU, relative to a bare fetch that reads the same bytes",
    subtitle: 'Over loopback, the server in another process; less is better. Grey: no event stream.',
    format: plain,
    baseline: true,
    most: 5,
    rows: rowsFor(labels, 'ratio', ...cells.map(({ clients }) => clients)),
    panels: cells.map((cell) => nameOf(cell)),
  }),
  'CPU of each client',
)}

${table(
  ['CPU ÷ drain (seconds per 100,000 events: CPU, wall)', 'gives', ...cells.map(nameOf)],
  Object.keys(labels).map((name) => [
    strong(name, labels[name]),
    kinds[name],
    ...cells.map(({ clients }) => {
      const { ratio, cpu, wall } = clients[name];
      return ratio ? `${times(ratio)} (${cpu.toFixed(2)}, ${wall.toFixed(2)})` : clients[name].verdict;
    }),
  ]),
)}

Streams of ${cells.map(({ events }) => events.toLocaleString('en')).join(', ')} events. ${command('e2e')}`,
  };
}

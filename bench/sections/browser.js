import { OURS } from '../clients.js';
import { command, picture, plain, rowsFor, shown, strong, table, times } from '../markdown.js';
import { bars } from '../plots.js';

export default function browser({ chromium, events, labels, kinds, clients }) {
  const rows = rowsFor(labels, 'ratio', clients);
  const native = clients['native EventSource'];
  return {
    readme:
      `- Chromium, ${events.toLocaleString('en')} events: ${times(native.milliseconds / clients[OURS].milliseconds)} ` +
      `as fast as the native \`EventSource\`.`,
    text: `## In Chromium ${chromium.split('.')[0]}

${picture(
  'browser',
  bars({
    title: `Time to the last of ${events.toLocaleString('en')} events, relative to a bare fetch`,
    subtitle: 'LLM tokens in a fresh page, the server in another process; less is better.',
    format: plain,
    baseline: true,
    rows,
    panels: ['times the time of a fetch that reads the same bytes'],
  }),
  'Time of each client in Chromium',
)}

${table(
  ['', 'gives', 'time ÷ drain', 'ms', 'longest task, ms'],
  Object.keys(labels).map((name) => [
    strong(name, labels[name]),
    kinds[name],
    shown(clients[name], 'ratio'),
    shown(clients[name], 'milliseconds', Math.round),
    shown(clients[name], 'longest', Math.round),
  ]),
)}

${command('browser')}`,
  };
}

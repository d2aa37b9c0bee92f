import { OURS } from '../clients.js';
import { command, table, times } from '../markdown.js';
import { geometricMean } from '../stats.js';

export default function versions({ peer, versions }) {
  const mean = (cells, value) => times(geometricMean(cells.map(({ results }) => value(results))));
  const lead = (results) => results[OURS].ratio / results[peer].ratio;
  const ahead = (cells, least) => cells.filter(({ results }) => lead(results) > least).length;
  const { labels, cells } = versions[0];
  return {
    text: `## Parsing by version of Node

Since Node 24, the platform decodes text several times as fast. What remains is the search for line ends, which all
parsers leave to the engine. Compared with ${labels[peer]}, in the same ${cells.length} cells:

${table(
  ['', 'V8', 'speed ÷ its speed', 'cells ahead', 'ahead or within 10 %', 'speed ÷ streaming decoder'],
  versions.map(({ machine, cells }) => [
    `Node ${machine.node}`,
    machine.v8,
    mean(cells, lead),
    ahead(cells, 1),
    ahead(cells, 0.9),
    mean(cells, (results) => results[OURS].ratio),
  ]),
)}

${command('versions')}`,
  };
}

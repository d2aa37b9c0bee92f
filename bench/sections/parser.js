import { OURS } from '../clients.js';
import { chunkings, corpora } from '../corpora.js';
import { command, picture, plain, roleOf, strong, table, times } from '../markdown.js';
import { bars, heat } from '../plots.js';
import { geometricMean } from '../stats.js';

export default function parser({ labels, cells }) {
  const names = Object.keys(labels);
  const right = (name) => cells.filter(({ results }) => results[name].ratio);
  const mean = (name) => geometricMean(right(name).map(({ results }) => results[name].ratio));
  const sorted = names.filter((name) => right(name).length).sort((a, b) => mean(b) - mean(a));
  const lead = ({ results, best }) => results[OURS].ratio / results[best].ratio;
  const cellOf = (corpus, chunking) =>
    cells.find((cell) => cell.corpus === corpus && cell.chunking === chunking);
  const columns = Object.keys(chunkings);
  const best = sorted.find((name) => roleOf(name) === 'peer');
  const ahead = cells.filter((cell) => lead(cell) > 1).length;
  const overBest = geometricMean(cells.map(lead));
  const overPeer = geometricMean(right(best).map(({ results }) => results[OURS].ratio / results[best].ratio));
  const verdicts = (name) =>
    ['wrong result', 'too slow', 'fails']
      .map((verdict) => [verdict, cells.filter(({ results }) => results[name].verdict === verdict).length])
      .filter(([, count]) => count)
      .map(([verdict, count]) => `${verdict}: ${count}`)
      .join(', ');
  return {
    readme:
      `- Parsing: ${times(overPeer)} the speed of ${labels[best]}, the fastest other parser, as the geometric mean of ` +
      `${cells.length} combinations of corpus and chunk size; the fastest of all in ${ahead} of them.`,
    text: `## Parsing: bytes in memory to events

As the geometric mean of ${cells.length} cells (combinations of corpus and chunk size), the interpreter has ${times(overPeer)} the speed
of ${labels[best]}, and ${times(overBest)} the speed of the fastest other parser in each cell. It is ahead in ${ahead} cells.

${picture(
  'parser',
  bars({
    title: 'Speed of parsing, relative to a streaming TextDecoder',
    subtitle: `Geometric mean of ${cells.length} cells; more is better. Grey: limits that give no events.`,
    format: plain,
    baseline: true,
    rows: sorted.map((name) => ({ label: labels[name], role: roleOf(name), values: [mean(name)] })),
    panels: ['times the speed of a TextDecoder alone'],
  }),
  'Speed of each parser',
)}

${picture(
  'parser-cells',
  heat({
    title: `Speed of ${OURS}, relative to the fastest other parser in each cell`,
    subtitle: 'Above 1 it is ahead. Columns: chunk size; rows: content of the stream.',
    columns,
    rows: corpora,
    values: corpora.map((corpus) => columns.map((chunking) => lead(cellOf(corpus, chunking)))),
    format: times,
  }),
  'Lead over the fastest other parser in each cell',
)}

Its speed relative to the streaming decoder:

${table(
  ['corpus', ...columns],
  corpora.map((corpus) => [
    corpus,
    ...columns.map((chunking) => times(cellOf(corpus, chunking).results[OURS].ratio)),
  ]),
)}

All parsers, over the cells in which their result is correct:

${table(
  ['', 'speed ÷ streaming decoder', 'correct cells', 'other cells'],
  sorted.map((name) => [strong(name, labels[name]), times(mean(name)), right(name).length, verdicts(name)]),
)}

Each is called in the cheapest way that its interface allows (\`bench/clients.js\`), and must deliver the exact number of
events and characters. ${command('parser')}`,
  };
}

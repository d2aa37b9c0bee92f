import { command, picture, roleOf, shown, strong, table, times } from '../markdown.js';
import { lines } from '../plots.js';

export default function growth({ labels, cells }) {
  const chunks = [...new Set(cells.map(({ chunking }) => chunking))];
  const sizes = [...new Set(cells.map(({ megabytes }) => megabytes))];
  const cell = (chunking, megabytes) =>
    cells.find((found) => found.chunking === chunking && found.megabytes === megabytes).results;
  const names = Object.keys(labels);
  const [before, last] = sizes.slice(-2);
  return {
    text: `## Growth: one large event

${picture(
  'growth',
  lines({
    title: `Time for one event in chunks of ${chunks[0]}`,
    subtitle: 'CPU milliseconds until the data has been read; less is better. Steeper lines are not linear.',
    xName: 'size of the event',
    maxX: last,
    maxY: 10_000,
    formatX: (value) => `${value} MB`,
    formatY: (value) => `${value.toLocaleString('en')} ms`,
    series: names
      .map((name) => ({
        label: labels[name],
        role: roleOf(name),
        points: sizes
          .filter((size) => cell(chunks[0], size)[name]?.milliseconds)
          .map((size) => [size, cell(chunks[0], size)[name].milliseconds]),
      }))
      .filter(({ points }) => points.length),
  }),
  'Time by size of the event',
)}

${chunks
  .map((chunking) => {
    const rows = names.map((name) => {
      const results = sizes.map((size) => cell(chunking, size)[name]);
      const whole = results.at(-1)?.milliseconds && results.at(-2).milliseconds;
      return [
        strong(name, labels[name]),
        ...results.map((result) => shown(result, 'milliseconds', (value) => `${Math.round(value)} ms`)),
        whole ? times(results.at(-1).milliseconds / whole) : '–',
        shown(results.at(-1), 'peakPerByte'),
      ];
    });
    const head = [
      `in ${chunking}`,
      ...sizes.map((size) => `${size} MB`),
      `${last} ÷ ${before} MB`,
      'peak memory ÷ size',
    ];
    return table(head, rows);
  })
  .join('\n\n')}

Each sample is a fresh process. ${command('growth')}`,
  };
}

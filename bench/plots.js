// Plots as SVG, legible on light and dark pages: each has its own background, which follows the reader's colour scheme.
import * as echarts from 'echarts';

/** [light, dark]. The light ones are drawn; a style in the picture replaces them with the dark ones. */
const COLOURS = {
  ground: ['#fffffe', '#0d1117'],
  text: ['#1f2328', '#e6edf3'],
  faint: ['#59636e', '#9198a1'],
  line: ['#d1d9e0', '#3d444d'],
  ours: ['#d4500c', '#ff8243'],
  peer: ['#7e93aa', '#6f8aa8'],
  limit: ['#c4ccd6', '#47525f'],
};

const colour = (name) => COLOURS[name][0];

const STYLE = `<style>@media (prefers-color-scheme: dark) {${Object.values(COLOURS)
  .map(([light, dark]) => `[fill="${light}"] {fill: ${dark}} [stroke="${light}"] {stroke: ${dark}}`)
  .join(' ')}}</style>`;

const FONT = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif';

function draw(width, height, title, subtitle, option) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({
    animation: false,
    backgroundColor: colour('ground'),
    textStyle: { fontFamily: FONT, color: colour('text') },
    title: {
      text: title,
      subtext: subtitle,
      left: 16,
      top: 12,
      itemGap: 6,
      textStyle: { fontSize: 16, fontWeight: 600, color: colour('text') },
      subtextStyle: { fontSize: 12, color: colour('faint') },
    },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // a picture does not react to a pointer
  return svg
    .replace(/<style >[\s\S]*?<\/style>/, '')
    .replace(/ (class|pointer-events)="[^"]*"/g, '')
    .replace('>', ` role="img" aria-label="${title.replace(/[&"<]/g, '')}">${STYLE}`);
}

const axis = (rest) => ({
  axisLabel: { color: colour('faint'), fontSize: 11, hideOverlap: true },
  axisLine: { lineStyle: { color: colour('line') } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: colour('line') } },
  nameTextStyle: { color: colour('faint'), fontSize: 12 },
  ...rest,
});

/**
 * Horizontal bars, a row for each client, in panels side by side.
 * @param {{ title: string, subtitle: string, format: (value: number) => string, baseline?: boolean, most?: number,
 *   rows: { label: string, role: 'ours' | 'peer' | 'limit', values: (number | undefined)[], notes?: string[] }[],
 *   panels: string[] }} plot - `baseline` draws a line at 1; bars beyond `most` are cut off.
 */
export function bars({ title, subtitle, format, baseline, most = Infinity, rows, panels }) {
  const [left, right, top, gap, row] = [236, 24, 78, 46, 26];
  const width = 940;
  const height = top + rows.length * row + 58;
  const each = (width - left - right - gap * (panels.length - 1)) / panels.length;
  const ours = (label) => rows.find((found) => found.label === label).role === 'ours';
  const end = (panel) => Math.min(most, Math.max(...rows.map(({ values }) => values[panel] ?? 0)));
  return draw(width, height, title, subtitle, {
    grid: panels.map((_, index) => ({
      left: left + index * (each + gap),
      // the rest is for the number after the longest bar
      width: each - 40,
      top,
      height: rows.length * row,
    })),
    xAxis: panels.map((name, gridIndex) =>
      axis({
        type: 'value',
        gridIndex,
        max: end(gridIndex),
        splitNumber: Math.max(3, Math.round(6 / panels.length)),
        name,
        nameLocation: 'middle',
        nameGap: 30,
        axisLabel: {
          color: colour('faint'),
          fontSize: 11,
          showMaxLabel: false,
          formatter: (value) => value.toLocaleString('en'),
        },
      }),
    ),
    yAxis: panels.map((_, gridIndex) =>
      axis({
        type: 'category',
        gridIndex,
        inverse: true,
        data: rows.map(({ label }) => label),
        splitLine: { show: false },
        axisLabel: {
          show: gridIndex === 0,
          fontSize: 12,
          color: (label) => colour(ours(label) ? 'ours' : 'text'),
        },
      }),
    ),
    series: panels.map((_, index) => ({
      type: 'bar',
      xAxisIndex: index,
      yAxisIndex: index,
      barWidth: '62%',
      data: rows.map(({ role, values, notes }) => ({
        value: Math.min(values[index] ?? 0, most),
        itemStyle: { color: colour(role) },
        label: {
          show: true,
          position: 'right',
          distance: 3,
          padding: [1, 2],
          backgroundColor: colour('ground'),
          fontSize: 11,
          fontWeight: role === 'ours' ? 700 : 400,
          color: colour(role === 'ours' ? 'ours' : 'text'),
          formatter:
            values[index] === undefined
              ? (notes?.[index] ?? '')
              : `${values[index] > most ? '→ ' : ''}${format(values[index])}`,
        },
      })),
      ...(baseline && {
        markLine: {
          symbol: 'none',
          silent: true,
          z: 1,
          data: [{ xAxis: 1 }],
          lineStyle: { color: colour('text'), type: 'dashed', width: 1 },
          label: { show: false },
        },
      }),
    })),
  });
}

/** A table of ratios. The background of a cell shows on which side of 1 it is. */
export function heat({ title, subtitle, columns, rows, values, format }) {
  const [left, top] = [130, 96];
  const [width, height] = [940, top + rows.length * 34 + 24];
  const cells = values.flatMap((line, y) => line.map((value, x) => ({ x, y, value })));
  return draw(width, height, title, subtitle, {
    grid: { left, right: 24, top, height: rows.length * 34 },
    xAxis: axis({
      type: 'category',
      data: columns,
      position: 'top',
      splitLine: { show: false },
      axisLine: { show: false },
      axisLabel: { color: colour('faint'), fontSize: 12 },
    }),
    yAxis: axis({
      type: 'category',
      data: rows,
      inverse: true,
      splitLine: { show: false },
      axisLine: { show: false },
      axisLabel: { color: colour('text'), fontSize: 12 },
    }),
    series: {
      type: 'heatmap',
      data: cells.map(({ x, y, value }) => ({
        value: [x, y, Math.log2(value)],
        label: { show: true, fontSize: 12, color: colour('text'), formatter: format(value) },
      })),
      itemStyle: { borderColor: colour('ground'), borderWidth: 2 },
    },
    // translucent, to suit both backgrounds
    visualMap: {
      show: false,
      min: -2,
      max: 2,
      dimension: 2,
      inRange: { color: ['rgba(205,60,60,0.8)', 'rgba(128,128,128,0.1)', 'rgba(30,150,100,0.75)'] },
    },
  });
}

/** Lines on logarithmic axes from 1 to `maxX` and `maxY`, with their names at their ends. */
export function lines({ title, subtitle, xName, maxX, maxY, series, formatX, formatY }) {
  const [width, height, top, bottom] = [940, 460, 78, 56];
  const yOf = (value) => top + (1 - Math.log(value) / Math.log(maxY)) * (height - top - bottom);
  const offsets = spread(series, yOf);
  return draw(width, height, title, subtitle, {
    grid: { left: 84, right: 260, top, bottom },
    xAxis: axis({
      type: 'log',
      logBase: 4,
      min: 1,
      max: maxX,
      name: xName,
      nameLocation: 'middle',
      nameGap: 30,
      axisLabel: { color: colour('faint'), formatter: formatX },
    }),
    yAxis: axis({
      type: 'log',
      min: 1,
      max: maxY,
      axisLabel: { color: colour('faint'), formatter: formatY },
    }),
    series: series.map(({ label, role, points }) => ({
      type: 'line',
      data: points,
      symbolSize: role === 'ours' ? 9 : 5,
      symbol: 'circle',
      z: role === 'ours' ? 5 : 2,
      itemStyle: { color: colour(role) },
      lineStyle: { color: colour(role), width: role === 'ours' ? 3.5 : 1.5 },
      endLabel: {
        show: true,
        formatter: label,
        fontSize: 11,
        offset: [4, offsets.get(label)],
        fontWeight: role === 'ours' ? 700 : 400,
        color: colour(role === 'ours' ? 'ours' : 'text'),
      },
    })),
  });
}

/** How far each line's name must move up or down, so that names of lines that end together can be read. */
function spread(series, yOf) {
  const offsets = new Map();
  const ends = series.map(({ label, points }) => ({ label, x: points.at(-1)[0], y: yOf(points.at(-1)[1]) }));
  for (const x of new Set(ends.map((end) => end.x))) {
    const group = ends.filter((end) => end.x === x).sort((a, b) => a.y - b.y);
    let next = Number.NEGATIVE_INFINITY;
    const places = group.map(({ y }) => {
      next = Math.max(y, next + 14);
      return next;
    });
    // as far up as the last one had to move down
    const excess = (places.at(-1) - group.at(-1).y) / 2;
    for (const [index, { label, y }] of group.entries()) offsets.set(label, places[index] - y - excess);
  }
  return offsets;
}

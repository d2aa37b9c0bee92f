import uPlot from 'uplot';
import { byId } from '/elements.js';
import { STEP } from './measure.js';

const HEIGHT = 190;
/** Each client has the same colour in all charts. */
const COLOURS = { ours: '--accent', native: '--wait', websocket: '--good' };

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

/** A chart of one figure over the time of a run, with a line for each client. */
export class Chart {
  #element;
  #plot;
  #data;
  #labels;

  constructor(id, labels) {
    this.#element = byId(id);
    this.#labels = labels;
    this.clear(0);
    new ResizeObserver(() => this.#resize()).observe(this.#element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#build());
  }

  /** Clears the chart for a run. `duration` is in milliseconds. */
  clear(duration) {
    const times = Array.from(
      { length: Math.floor(duration / STEP) + 1 },
      (_, index) => (index * STEP) / 1000,
    );
    this.#data = [times, ...Object.keys(this.#labels).map(() => times.map(() => null))];
    this.#build();
  }

  /** @param time - in milliseconds since the run began. */
  add(client, time, value) {
    const [times, ...lines] = this.#data;
    const index = Math.round(time / STEP);
    // A client that cannot keep up takes longer than the run.
    while (index >= times.length) {
      times.push((times.length * STEP) / 1000);
      for (const line of lines) line.push(null);
    }
    lines[Object.keys(this.#labels).indexOf(client)][index] = value;
    this.#plot.setData(this.#data);
  }

  get #options() {
    const axis = { stroke: () => colour('--muted'), grid: { stroke: () => colour('--line'), width: 1 } };
    const lines = Object.entries(this.#labels).map(([client, label]) => ({
      label,
      stroke: () => colour(COLOURS[client]),
      width: 2,
      spanGaps: true,
      points: { show: false },
    }));
    return {
      width: this.#element.clientWidth || 300,
      height: HEIGHT,
      scales: { x: { time: false }, y: { range: (_, _least, most) => [0, most * 1.1 || 1] } },
      axes: [axis, { ...axis, size: 66 }],
      series: [{ label: 's' }, ...lines],
      legend: { live: false },
      cursor: { show: false },
    };
  }

  #build() {
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options, this.#data, this.#element);
  }

  #resize() {
    this.#plot.setSize({ width: this.#element.clientWidth, height: HEIGHT });
  }
}

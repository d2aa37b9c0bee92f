import { byId, make, setText } from '/elements.js';
import { Chart } from './charts.js';
import { runHere, runInNode } from './runs.js';

const NAMES = { latency: 'latency', cpu: 'CPU', rate: 'throughput' };
const LABELS = { ours: 'eventsource-fetch', native: 'native EventSource', websocket: 'WebSocket' };
/** Messages per second while latency and CPU are compared. */
const RATE = 500;
const PLACES = {
  browser: {
    run: runHere,
    // Measuring how busy a page is makes it busier, so that has a run of its own.
    plan: [
      { figures: ['latency'], rate: RATE },
      { figures: ['cpu'], rate: RATE, wantsCpu: true },
      { figures: ['rate'], rate: 0 },
    ],
  },
  node: {
    run: runInNode,
    plan: [
      { figures: ['latency', 'cpu'], rate: RATE },
      { figures: ['rate'], rate: 0 },
    ],
  },
};
const duration = Number(new URLSearchParams(location.search).get('duration') ?? 3000);

const charts = {
  rate: new Chart('rate', LABELS),
  latency: new Chart('latency', LABELS),
  cpu: new Chart('cpu', LABELS),
};

async function compare(place) {
  setBusy(true);
  for (const chart of Object.values(charts)) chart.clear(duration);
  try {
    // One after the other: each needs the machine to itself.
    for (const client of Object.keys(LABELS)) await compareClient(place, client);
    setText(byId('status'), `Done ${describe(place)}.`);
  } catch ({ message }) {
    setText(byId('status'), `Failed: ${message}`);
  }
  setBusy(false);
}

/** Makes all runs with a client, and shows the results. */
async function compareClient(place, client) {
  const { run, plan } = PLACES[place];
  const results = {};
  for (const { figures, ...query } of plan) {
    const what = figures.map((figure) => NAMES[figure]).join(' and ');
    setText(byId('status'), `${LABELS[client]} ${describe(place)}: ${what} …`);
    const id = `${Date.now()}-${Math.random()}`;
    const result = await run(client, { ...query, duration, run: id }, (sample) => {
      for (const figure of figures) charts[figure].add(client, sample.time, sample[figure]);
    });
    // Not every Node has an EventSource.
    if (!result) break;
    for (const figure of figures) results[figure] = { run: id, ...result };
  }
  showRow(place, client, results);
}

const describe = (place) => (place === 'node' ? 'in Node' : 'in this browser');

function showRow(place, client, { latency, cpu, rate }) {
  const header = make('th', '', `${LABELS[client]}, ${place}`);
  header.scope = 'row';
  const figures = rate
    ? [
        ...[rate.sent, rate.received, rate.rate].map((figure) => Math.round(figure).toLocaleString('en')),
        ...[latency.latency, latency.slowest].map((figure) => `${Math.max(0, figure).toFixed(1)} ms`),
        `${Math.max(0, cpu.cpu).toFixed(0)} %`,
      ]
    : Array(6).fill('–');
  const row = make('tr', '', header, ...figures.map((figure) => make('td', '', figure)));
  row.id = `${place}-${client}`;
  if (rate) Object.assign(row.dataset, { run: rate.run, received: rate.received });
  byId(row.id)?.remove();
  byId('rows').append(row);
}

function setBusy(isBusy) {
  for (const place of Object.keys(PLACES)) byId(`in-${place}`).disabled = isBusy;
}

for (const place of Object.keys(PLACES)) byId(`in-${place}`).addEventListener('click', () => compare(place));

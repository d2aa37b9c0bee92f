import { FetchEventSource } from 'eventsource-fetch';
import { byId, make, post, prepend, setText } from '/elements.js';

const STATES = ['CONNECTING', 'OPEN', 'CLOSED'];
/** In milliseconds. */
const STATS_INTERVAL = 500;

let server = '';
let connections = 0;
let first;
let last;
const counts = { received: 0, lost: 0, doubled: 0 };

// nginx answers 502 when it finds no server.
const source = new FetchEventSource('/events', { reconnect: true });
source.onopen = ({ response }) => {
  server = response.headers.get('X-Server');
  setText(byId('changes'), ++connections);
  render();
};
source.onerror = render;
source.onmessage = ({ data, lastEventId }) => {
  const { number } = JSON.parse(data);
  first ??= number;
  last ??= number - 1;
  counts.received++;
  counts.lost += Math.max(0, number - last - 1);
  if (number <= last) counts.doubled++;
  last = Math.max(last, number);
  for (const [name, count] of Object.entries(counts)) setText(byId(name), count);
  document.body.dataset.last = last;
  const item = make(
    'li',
    'entry',
    make('span', 'type', `no. ${number}`),
    make('span', 'data', `by server ${server}`),
  );
  item.append(make('span', 'id', lastEventId));
  prepend(byId('events'), item);
};

function render() {
  const state = STATES[source.readyState];
  setText(byId('state'), state);
  byId('state').dataset.state = state;
  setText(byId('server'), state === 'OPEN' ? server : '–');
}

function showServer({ name, isUp, clients, sent, kills }) {
  const row = byId(`server-${name}`) ?? makeRow(name);
  const [, clientsCell, sentCell, killsCell] = row.cells;
  setText(clientsCell, isUp ? clients : 'gone');
  setText(sentCell, isUp ? sent : '–');
  setText(killsCell, kills);
  row.querySelector('button').disabled = !isUp;
}

function makeRow(name) {
  const header = make('th', '', name);
  header.scope = 'row';
  const button = make('button', 'harm', `Kill ${name}`);
  button.type = 'button';
  button.addEventListener('click', () => post(`/scale/kill/${name}`));
  const cells = [1, 2, 3].map(() => make('td', ''));
  const row = make('tr', '', header, ...cells, make('td', '', button));
  row.id = `server-${name}`;
  byId('servers').append(row);
  return row;
}

async function showStats() {
  const { log, published, servers } = await (await fetch('/scale/stats')).json();
  setText(byId('log'), log);
  setText(byId('published'), first ? published - first + 1 : 0);
  for (const server of servers) showServer(server);
}

setInterval(() => showStats().catch(() => {}), STATS_INTERVAL);

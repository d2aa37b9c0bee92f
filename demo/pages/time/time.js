import { FetchEventSource } from 'eventsource-fetch';
import { byId, findServers, make, post, prepend, seconds, setText } from '/elements.js';

const STATES = ['CONNECTING', 'OPEN', 'CLOSED'];
/** In milliseconds. Pings come each second. */
const IDLE_TIMEOUT = 3000;
/** At least as many IDs as the server may send again. */
const REMEMBERED = 100;

const client = Math.random().toString(36).slice(2);
const counts = { received: 0, skipped: 0, shown: 0, pings: 0 };
const seen = new Set();
const { time } = await findServers();
let token;
let source;

/** Opens the public or the private stream and resumes there. */
function connect(isPrivate) {
  source?.close();
  source = new FetchEventSource(`${time}${isPrivate ? '/private' : ''}/events?client=${client}`, {
    lastEventId: source?.lastEventId,
    idleTimeout: IDLE_TIMEOUT,
    headers: isPrivate ? authorize : undefined,
    onComment: (comment) => {
      if (comment.trim() === 'ping') count('pings');
    },
  });
  source.onopen = () => {
    write('open', 'connected');
    render('');
  };
  source.onmessage = receive;
  source.onerror = ({ error, message, reconnectIn }) => {
    write('error', message, error.code);
    render(reconnectIn === undefined ? message : `${message}; next attempt in ${seconds(reconnectIn)}`);
  };
  render('');
}

async function authorize({ error, signal }) {
  if (!token || error?.status === 401) {
    const response = await fetch(`${time}/token`, { method: 'POST', signal });
    ({ token } = await response.json());
    write('token', 'a new one');
  }
  return { Authorization: `Bearer ${token}` };
}

function receive({ data, lastEventId }) {
  count('received');
  if (seen.has(lastEventId)) return count('skipped');
  seen.add(lastEventId);
  if (seen.size > REMEMBERED) seen.delete(seen.values().next().value);
  count('shown');
  setText(byId('clock'), data.replace('Server time: ', ''));
  write('message', data, lastEventId);
}

function count(name) {
  setText(byId(name), ++counts[name]);
}

function write(type, text, id = '') {
  const item = make(
    'li',
    'entry',
    make('span', 'type', type),
    make('span', 'data', text),
    make('span', 'id', id),
  );
  Object.assign(item.dataset, { type, id });
  prepend(byId('log'), item);
}

function render(why) {
  const state = STATES[source.readyState];
  setText(byId('state'), state);
  byId('state').dataset.state = state;
  setText(byId('why'), why);
}

byId('pause').addEventListener('click', () => post('/time/pause'));
byId('silence').addEventListener('click', () => post('/time/pause?pings=too'));
byId('end').addEventListener('click', () => post('/time/end'));
byId('revoke').addEventListener('click', () => post('/time/revoke'));
byId('private').addEventListener('change', ({ target }) => {
  byId('revoke').disabled = !target.checked;
  connect(target.checked);
});
document.body.dataset.client = client;
connect(byId('private').checked);

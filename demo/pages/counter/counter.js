import { FetchEventSource } from 'eventsource-fetch';
import { byId, findServers, make, post, prepend, setText } from '/elements.js';
import { readProperties } from '/messages.js';

const STATES = ['CONNECTING', 'OPEN', 'CLOSED'];
const client = Math.random().toString(36).slice(2);
const runs = new Set();
let received = 0;

const { counter } = await findServers();
const source = new FetchEventSource(`${counter}/sse?client=${client}`);
document.body.dataset.client = client;

source.onmessage = (event) => {
  // Read now: after the dispatch, `currentTarget` and `eventPhase` are no longer what listeners see.
  const properties = readProperties(event);
  runs.add(event.lastEventId.split('-')[0]);
  setText(byId('received'), ++received);
  setText(byId('run'), runs.size);
  const button = make(
    'button',
    'entry',
    make('span', 'type', event.data),
    make('span', 'id', event.lastEventId),
  );
  button.type = 'button';
  button.addEventListener('click', () => choose(button, event.data, properties));
  prepend(byId('messages'), make('li', '', button));
  choose(button, event.data, properties);
};

function choose(button, data, properties) {
  document.querySelector('[aria-pressed=true]')?.setAttribute('aria-pressed', false);
  button.setAttribute('aria-pressed', true);
  setText(byId('chosen'), data);
  byId('properties').replaceChildren(
    ...properties.map(([name, value]) => {
      const header = make('th', '', name);
      header.scope = 'row';
      return make('tr', '', header, make('td', '', value));
    }),
  );
}

function render() {
  const state = STATES[source.readyState];
  setText(byId('state'), state);
  byId('state').dataset.state = state;
}

for (const type of ['open', 'error']) source.addEventListener(type, render);
byId('restart').addEventListener('click', () => post('/counter/restart'));
byId('close').addEventListener('click', () => {
  source.close();
  render();
});
render();

import { FetchEventSource } from 'eventsource-fetch';
import { byId, findServers, make, post, prepend, setText } from '/elements.js';
import { follow } from './follow.js';
import { showList } from './list.js';

const STATES = ['CONNECTING', 'OPEN', 'CLOSED'];
const client = Math.random().toString(36).slice(2);

/** Shows what a client hears. Returns a function that shows its state. */
function showClient(element, source) {
  const state = make('strong', 'badge');
  const count = make('span', 'count');
  const list = make('ol', 'list');
  list.tabIndex = 0;
  list.setAttribute('aria-label', 'Events, newest first');
  element.append(make('p', 'state', state, count), list);
  let events = 0;
  const render = () => {
    setText(state, STATES[source.readyState]);
    state.dataset.state = STATES[source.readyState];
    setText(count, `${events} ${events === 1 ? 'event' : 'events'}`);
    element.dataset.events = events;
  };
  follow(source, (type, text) => {
    if (type === 'message' || type === 'signup') events++;
    const item = make('li', 'entry', make('span', 'type', type), make('span', 'data', text));
    item.dataset.type = type;
    prepend(list, item);
    render();
  });
  render();
  return render;
}

const { classic } = await findServers();
const clients = [
  [byId('native'), new EventSource(`${classic}/stream?client=${client}-native`)],
  [byId('ours'), new FetchEventSource(`${classic}/stream?client=${client}-ours`)],
];
document.body.dataset.client = client;
const renders = clients.map(([element, source]) => showClient(element, source));

byId('end').addEventListener('click', () => post('/classic/end'));
byId('stop').addEventListener('click', () => post('/classic/stop'));
byId('close').addEventListener('click', () => {
  for (const [, source] of clients) source.close();
  for (const render of renders) render();
});
fetch('/classic/follow.js')
  .then((response) => response.text())
  .then((code) => setText(byId('code'), code));
showList(byId('list'), byId('raw'));

import { FetchEventSource } from 'fetch-eventsource';
import './ask.js';
import { Attempts } from './attempts.js';
import { seconds, setText } from './elements.js';
import { addMessage } from './messages.js';
import { Tally } from './tally.js';
import { authorize, token } from './token.js';

const element = (id) => document.getElementById(id);
const STATES = ['CONNECTING', 'OPEN', 'CLOSED'];
const attempts = new Attempts(element('attempts'));
const tally = new Tally();
let comments = 0;
let source;

/** Opens the feed, from after that event on. */
function connect(lastEventId) {
  source = new FetchEventSource('/feed', {
    lastEventId,
    headers: async (attempt) => {
      const shown = attempts.begin(attempt);
      const { fetched } = token;
      const headers = await authorize(attempt);
      if (token.fetched > fetched) shown.note('new token');
      return headers;
    },
    onComment: () => comments++,
  });
  source.addEventListener('open', () => attempts.current.open());
  source.addEventListener('message', receive);
  source.addEventListener('signup', receive);
  source.addEventListener('error', (event) => attempts.current.end(event));
}

function receive(event) {
  tally.count(event.lastEventId);
  attempts.current.events++;
  addMessage(element('messages'), event);
}

function render() {
  const state = STATES[source.readyState];
  const { current } = attempts;
  current?.render();
  const figures = { ...tally, comments, refreshed: Math.max(0, token.fetched - 1) };
  Object.assign(document.body.dataset, figures, { state, lastEventId: source.lastEventId });
  for (const [name, figure] of Object.entries(figures)) setText(element(name), figure);
  const life = token.expiresAt - Date.now();
  setText(element('expires'), !token.value ? '–' : life > 0 ? seconds(life) : 'expired');
  setText(element('state'), state);
  setText(element('detail'), describe(state, current));
  const remains =
    state === 'CONNECTING' && current?.reconnectIn ? current.untilNext / current.reconnectIn : 0;
  element('wait').style.scale = `${remains || 0} 1`;
  element('reconnect').disabled = state === 'CLOSED';
  setText(element('toggle'), state === 'CLOSED' ? 'Open again' : 'Close');
}

function describe(state, attempt) {
  if (state === 'OPEN')
    return `attempt ${attempts.count} got through, last event ${source.lastEventId || 'none yet'}`;
  if (state === 'CLOSED') return `would resume after ${source.lastEventId || 'nothing'}`;
  return attempt?.untilNext === undefined
    ? `attempt ${attempts.count} under way`
    : `next attempt in ${seconds(attempt.untilNext)}`;
}

/** A stopped server cannot be asked for anything; the attempts show that it is. */
const post = (path) => fetch(path, { method: 'POST' }).catch(() => {});

element('cut').addEventListener('click', () => post('/cut'));
element('stop').addEventListener('click', () => post('/stop?seconds=5'));
element('reconnect').addEventListener('click', () => source.reconnect());
element('toggle').addEventListener('click', () => {
  if (source.readyState === FetchEventSource.CLOSED) return connect(source.lastEventId);
  source.close();
  attempts.current?.close();
});

connect('');
render();
setInterval(render, 100);

import { FetchEventSource } from 'eventsource-fetch';
import { byId, seconds, setText } from '/elements.js';
import { addMessage } from '/messages.js';
import { Attempts } from './attempts.js';
import { connectFaults } from './faults.js';
import { Native } from './native.js';
import { explainEnd, explainWait } from './reasons.js';
import { Tally } from './tally.js';
import { Timeline } from './timeline.js';
import { authorize, token } from './token.js';

const STATES = ['CONNECTING', 'OPEN', 'CLOSED'];
/** In milliseconds. The server sends a comment each second. */
const IDLE_TIMEOUT = 3500;

const client = Math.random().toString(36).slice(2);
const timeline = new Timeline(byId('timeline'));
const track = timeline.addTrack('eventsource-fetch');
const native = new Native(`/lab/native?client=${client}-native`, timeline.addTrack('native EventSource'));
const attempts = new Attempts(byId('attempts'));
const tally = new Tally();
let source;

/** Opens the feed after an event. */
function connect(lastEventId) {
  source = new FetchEventSource(`/lab/feed?client=${client}`, {
    lastEventId,
    headers: async (attempt) => {
      if (attempt.error?.status === 401)
        track.note(explainEnd(attempt.error), 'again at once, with a new token');
      track.begin('connecting');
      const shown = attempts.begin(attempt);
      const { fetched } = token;
      const headers = await authorize(attempt);
      if (token.fetched > fetched) shown.note('new token');
      return headers;
    },
    idleTimeout: IDLE_TIMEOUT,
    connectTimeout: 5000,
    // Some networks answer with their own page for a while. That is no reason to give up here.
    reconnect: {
      maxBackoff: 5000,
      shouldReconnect: ({ error }) => error.code === 'content-type' || undefined,
    },
    onComment: hear,
  });
  source.addEventListener('open', open);
  source.addEventListener('message', receive);
  source.addEventListener('signup', receive);
  source.addEventListener('error', end);
}

function open({ response }) {
  attempts.current.open();
  track.begin('open');
  if (response.redirected) track.note('Redirected', `to ${new URL(response.url).pathname}`);
}

/** The server's comments say how many events there have been. */
function hear(comment) {
  const written = Number(comment.match(/(\d+) written/)?.[1]);
  tally.setWritten(written);
  if (!native.isClosed) native.tally.setWritten(written);
  const { current } = attempts;
  if (!current.comments++ && current.events > 2 && tally.received > current.events) {
    track.note(`${current.events} missed events`, 'came together, in order');
  }
  track.tick('comment');
}

function receive(event) {
  tally.count(event.lastEventId);
  attempts.current.events++;
  track.tick(event.type);
  addMessage(byId('messages'), event);
}

function end(event) {
  const { error, reconnectIn } = event;
  const why = explainWait(event, source.reconnectionTime, attempts.failures);
  attempts.current.end(event, why);
  track.begin(reconnectIn === undefined ? 'closed' : 'waiting', reconnectIn);
  track.note(explainEnd(error), why);
}

function render() {
  const state = STATES[source.readyState];
  const { current } = attempts;
  current?.render();
  showCounts('ours', tally);
  showCounts('native', native.tally);
  Object.assign(document.body.dataset, tally, { state, lastEventId: source.lastEventId });
  document.body.dataset.refreshed = Math.max(0, token.fetched - 1);
  setText(byId('state'), state);
  setText(byId('detail'), describe(state, current));
  const remains =
    state === 'CONNECTING' && current?.reconnectIn ? current.untilNext / current.reconnectIn : 0;
  byId('wait').style.scale = `${remains || 0} 1`;
  byId('reconnect').disabled = state === 'CLOSED';
  byId('reopen').disabled = !native.isClosed;
  setText(byId('toggle'), state === 'CLOSED' ? 'Reopen' : 'Close');
  if (token.value) setText(byId('token'), describeToken());
}

function showCounts(row, counts) {
  for (const [name, count] of Object.entries(counts)) {
    const cell = document.querySelector(`#${row} [data-count="${name}"]`);
    setText(cell, count);
    cell.dataset.isZero = count === 0;
  }
}

function describeToken() {
  const life = token.expiresAt - Date.now();
  const expiry = life > 0 ? `expires in ${Math.ceil(life / 1000)} s` : 'has expired';
  return `Token no. ${token.fetched} ${expiry}.`;
}

function describe(state, attempt) {
  if (state === 'OPEN')
    return `attempt ${attempts.count} is connected, last event: ${source.lastEventId || 'none yet'}`;
  if (state === 'CLOSED') return `would resume after ${source.lastEventId || 'nothing'}`;
  return attempt?.untilNext === undefined
    ? `attempt ${attempts.count} under way`
    : `next attempt in ${seconds(attempt.untilNext)}`;
}

connectFaults(byId('told'));
byId('reopen').addEventListener('click', () => native.open());
byId('reconnect').addEventListener('click', () => source.reconnect());
byId('toggle').addEventListener('click', () => {
  if (source.readyState === FetchEventSource.CLOSED) return connect(source.lastEventId);
  source.close();
  attempts.current?.close();
  track.begin('closed');
  track.note('Closed by close()');
});

connect('');
render();
setInterval(render, 100);

import { FetchEventSource } from 'fetch-eventsource';
import { setText } from './elements.js';
import { authorize } from './token.js';

const form = document.querySelector('#ask');
const answer = document.querySelector('#answer');
const outcome = document.querySelector('#outcome');
const abort = document.querySelector('#abort');
let controller;

/** Sends the prompt and writes the answer down as it comes. */
function ask() {
  controller = new AbortController();
  const source = new FetchEventSource('/ask', {
    method: 'POST',
    body: form.elements.prompt.value,
    headers: authorize,
    signal: controller.signal,
    // A POST is repeated only if one says so. Here that is safe: the IDs count the words of the answer.
    reconnect: form.elements.reconnect.checked || undefined,
  });
  source.addEventListener('message', ({ data }) => answer.append(JSON.parse(data)));
  source.addEventListener('done', () => {
    source.close();
    finish(`Complete, with ${source.lastEventId} words.`);
  });
  source.addEventListener('error', ({ error, message, reconnectIn }) => {
    if (reconnectIn === undefined) finish(`Failed (${error.code}): ${message}`);
    else setText(outcome, `Interrupted (${error.code}); resuming …`);
  });
  source.addEventListener('open', () => setText(outcome, 'Answering …'));
}

function setBusy(isBusy) {
  form.querySelector('[type=submit]').disabled = isBusy;
  abort.disabled = !isBusy;
  // The answer is read aloud when it is whole, not word by word.
  answer.setAttribute('aria-busy', isBusy);
}

function finish(text) {
  setText(outcome, text);
  setBusy(false);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  setText(answer, '');
  setText(outcome, 'Asking …');
  setBusy(true);
  ask();
});

abort.addEventListener('click', () => {
  controller.abort();
  finish('Stopped.');
});

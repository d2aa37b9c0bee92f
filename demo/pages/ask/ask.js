import { byId, make, post, setText } from '/elements.js';
import { complete } from './complete.js';

/** The conversation so far, in the form that the model gets. */
const messages = [];
let controller;

function begin(role, content = '') {
  const item = make('li', role, content);
  byId('talk').append(item);
  return item;
}

/** Asks the model for an answer to the conversation so far. */
function answer() {
  const item = begin('assistant');
  // Screen readers read it when it is complete, not token by token.
  item.setAttribute('aria-busy', true);
  setBusy(true);
  setText(byId('outcome'), 'Asking …');
  controller = new AbortController();
  let start = 0;
  let count = 0;
  const finish = (outcome) => {
    item.setAttribute('aria-busy', false);
    messages.push({ role: 'assistant', content: item.textContent });
    setText(byId('outcome'), outcome);
    setBusy(false);
  };
  complete(messages, byId('reconnect').checked, controller.signal, {
    onToken(token) {
      start ||= performance.now();
      item.append(token);
      count++;
      const duration = (performance.now() - start) / 1000;
      const speed = count > 1 ? `, ${((count - 1) / duration).toFixed(0)} tokens/s` : '';
      setText(byId('speed'), `${count} tokens${speed}`);
      Object.assign(item.dataset, { count });
    },
    onAnswer: ({ id }) => {
      item.dataset.id = id;
      setText(byId('outcome'), 'Answering …');
    },
    onInterruption: (code) => setText(byId('outcome'), `Interrupted (${code}); resuming …`),
    onEnd: ({ completion_tokens }) => finish(`Complete: ${completion_tokens} tokens by the server’s count.`),
    onFailure: (code, message) => finish(`Failed (${code}): ${message}`),
  });
  controller.signal.addEventListener('abort', () => finish('Stopped.'));
}

function setBusy(isBusy) {
  for (const id of ['stop', 'cut']) byId(id).disabled = !isBusy;
  for (const id of ['send', 'regenerate']) byId(id).disabled = isBusy;
}

byId('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  const content = byId('prompt').value;
  messages.push({ role: 'user', content });
  begin('user', content);
  answer();
});
byId('stop').addEventListener('click', () => controller.abort());
byId('cut').addEventListener('click', () => post('/v1/cut'));
byId('regenerate').addEventListener('click', () => {
  messages.pop();
  byId('talk').lastElementChild.remove();
  answer();
});

import { setText } from '/elements.js';

/** What each fault does, and what to watch. */
const TOLD = {
  cut: 'Both connections break in the middle of an event. That half is dropped, and the whole event comes with the next connection, which resumes after the last complete one.',
  reset: 'A TCP reset, as from a crashed host. The page sees a broken connection like any other.',
  stall:
    'The connections stay open, but nothing arrives, not even a comment. Ours notices after 3.5 s. The native one waits for 20 s, until the server disconnects it.',
  unavailable:
    'The streams end, and the next attempt gets a 503 with Retry-After. Ours waits as long as it says. The native one gives up.',
  unauthorized:
    'All tokens expire. Ours fetches a new one when it gets a 401, and tries again immediately. The native one gives up.',
  'wrong-type':
    'The next attempt gets a web page, as in a hotel’s Wi-Fi. By default the source would give up; here the option shouldReconnect says otherwise.',
  drip: 'For 4 s every byte comes by itself, so some letters arrive in pieces. Events are late but intact.',
  redirect: 'The streams end, and the next attempt is redirected with a 307. Both follow.',
  stop: 'The server is gone for 5 s: connections are refused, and the waits grow with each failure. Events keep happening and arrive later. In some browsers the native one gives up.',
  restart: 'The server restarts and reads its saved log. Both resume after the last event that they got.',
};

/** Connects the buttons. A stopped server cannot be asked for anything, and the timeline shows that it is stopped. */
export function connectFaults(told) {
  for (const button of document.querySelectorAll('[data-fault]')) {
    const { fault } = button.dataset;
    button.addEventListener('click', () => {
      setText(told, TOLD[fault]);
      fetch(`/lab/faults/${fault}`, { method: 'POST' }).catch(() => {
        setText(told, 'The server is gone. Nothing more can go wrong until it is back.');
      });
    });
  }
}

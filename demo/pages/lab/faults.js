import { setText } from '/elements.js';

/** What each fault does, and what to look for. */
const TOLD = {
  cut: 'Both connections break in the middle of an event. The half of it is thrown away, and comes whole after the last one that was whole.',
  reset: 'A TCP reset, as from a crashed host. To the page it is a broken connection like any other.',
  stall:
    'The connections stay, but nothing comes, not even a comment. Ours notices after 3.5 s; the native one waits for 20 s, until the server throws it out.',
  unavailable:
    'The streams end, and the next attempt gets 503 with Retry-After. Ours waits for as long as it says; the native one gives up.',
  unauthorized:
    'All tokens expire. Ours asks for a new one when it gets 401, and tries again at once; the native one gives up.',
  'wrong-type':
    'The next attempt gets a web page, as in a hotel’s Wi-Fi. By default that is the end; an option, shouldReconnect, says otherwise here.',
  drip: 'For 4 s every byte comes on its own, and letters of several bytes in pieces. Events are late, but whole.',
  redirect: 'The streams end, and the next attempt is sent elsewhere with 307. Both follow.',
  stop: 'The server is gone for 5 s: connections are refused, and the waits grow with each failure. Its events go on, and come later. The native one of some browsers gives up.',
  restart:
    'The server restarts and reads its log from before: both go on after the last event that they had.',
};

/** Makes the buttons do it. A stopped server cannot be asked for anything; the timeline shows that it is. */
export function connectFaults(told) {
  for (const button of document.querySelectorAll('[data-fault]')) {
    const { fault } = button.dataset;
    button.addEventListener('click', () => {
      setText(told, TOLD[fault]);
      fetch(`/lab/faults/${fault}`, { method: 'POST' }).catch(() => {
        setText(told, 'The server is gone: nothing more can go wrong until it is back.');
      });
    });
  }
}

/** The code of both clients. Nothing here knows which of the two it is. */
export function follow(source, show) {
  source.addEventListener('open', () => show('open', 'connected'));
  source.onmessage = ({ data }) => show('message', data);
  source.addEventListener('signup', ({ data }) => show('signup', data));
  source.addEventListener('error', ({ eventPhase, message, reconnectIn }) => {
    const state = ['CONNECTING', 'OPEN', 'CLOSED'][source.readyState];
    // The native one does not say why.
    const reason = message ? `: ${message}, again in ${(reconnectIn / 1000).toFixed(1)} s` : '';
    show('error', `phase ${eventPhase}, state ${state}${reason}`);
  });
}

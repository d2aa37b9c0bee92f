/** What both clients do: nothing here knows which of the two it is. */
export function follow(source, show) {
  source.addEventListener('open', () => show('open', 'connected'));
  source.onmessage = ({ data }) => show('message', data);
  source.addEventListener('signup', ({ data }) => show('signup', data));
  source.addEventListener('error', ({ eventPhase }) => {
    const state = ['CONNECTING', 'OPEN', 'CLOSED'][source.readyState];
    show('error', `phase ${eventPhase}, state ${state}`);
  });
}

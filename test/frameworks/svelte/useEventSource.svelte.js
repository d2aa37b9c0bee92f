import { FetchEventSource } from 'eventsource-fetch';

export function useEventSource(url, init = () => ({})) {
  const state = $state({ messages: [], status: undefined });
  let source;
  $effect(() => {
    const isSame = source?.url === new URL(url(), document.baseURI).href;
    if (!isSame) state.messages = [];
    source = new FetchEventSource(url(), { ...init(), ...(isSame && { lastEventId: source.lastEventId }) });
    source.onmessage = (event) => state.messages.push(event);
    source.onopen = source.onerror = (event) => Object.assign(state, { status: event });
    return () => source.close();
  });
  return state;
}

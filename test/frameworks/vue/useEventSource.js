import { FetchEventSource } from 'eventsource-fetch';
import { reactive, watchPostEffect } from 'vue';

export function useEventSource(url, init = () => ({})) {
  const state = reactive({ messages: [], status: undefined });
  let source;
  watchPostEffect((onCleanup) => {
    const isSame = source?.url === new URL(url(), document.baseURI).href;
    if (!isSame) state.messages = [];
    source = new FetchEventSource(url(), { ...init(), ...(isSame && { lastEventId: source.lastEventId }) });
    source.onmessage = (event) => state.messages.push(event);
    source.onopen = source.onerror = (event) => Object.assign(state, { status: event });
    onCleanup(() => source.close());
  });
  return state;
}

import type { EventSourceErrorEvent, EventSourceMessageEvent, FetchEventSourceInit } from 'eventsource-fetch';
import { FetchEventSource } from 'eventsource-fetch';
import { useEffect, useRef, useState } from 'react';

export function useEventSource<Data = string>(url: string, init?: FetchEventSourceInit<Data>) {
  const [messages, setMessages] = useState<EventSourceMessageEvent<Data>[]>([]);
  const [status, setStatus] = useState<EventSourceErrorEvent>();
  const last = useRef<FetchEventSource<Data>>(null);
  useEffect(() => {
    const before = last.current;
    const isSame = before?.url === new URL(url, document.baseURI).href;
    if (!isSame) setMessages([]);
    const source = new FetchEventSource(url, { ...init, ...(isSame && { lastEventId: before.lastEventId }) });
    source.onmessage = (event) => setMessages((earlier) => [...earlier.slice(-999), event]);
    source.onopen = source.onerror = setStatus;
    last.current = source;
    return () => source.close();
    // By value: most callers make a new object at every render.
  }, [JSON.stringify([url, init])]);
  return { messages, status };
}

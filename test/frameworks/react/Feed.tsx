import { useEventSource } from 'eventsource-fetch/react';

export function Feed({ url, token }: { url: string; token: string }) {
  const { events, status } = useEventSource(url, { headers: { Authorization: `Bearer ${token}` } });
  return (
    <ul title={status.error?.message}>
      {events.map(({ data }, index) => (
        <li key={index}>{data}</li>
      ))}
    </ul>
  );
}

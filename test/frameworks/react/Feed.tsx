import { useEventSource } from './useEventSource.js';

export function Feed({ url, token }: { url: string; token: string }) {
  const { messages, status } = useEventSource(url, { headers: { Authorization: `Bearer ${token}` } });
  return (
    <ul title={status?.message}>
      {messages.map(({ data }, index) => (
        <li key={index}>{data}</li>
      ))}
    </ul>
  );
}

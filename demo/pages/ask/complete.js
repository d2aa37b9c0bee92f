import { FetchEventSource } from 'eventsource-fetch';

/** Asks a server for chat completions as OpenAI defines them, and reports what arrives. */
export function complete(messages, mayResume, signal, listener) {
  const source = new FetchEventSource('/v1/chat/completions', {
    method: 'POST',
    headers: { Authorization: 'Bearer sk-demo', 'Content-Type': 'application/json' },
    body: JSON.stringify({
      model: 'stand-in-1',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    }),
    signal,
    // A POST is repeated only on request. Here that is safe: the IDs say how much of the answer has arrived.
    reconnect: mayResume || undefined,
  });
  let usage;
  source.onmessage = ({ data }) => {
    if (data === '[DONE]') {
      source.close();
      listener.onEnd(usage);
      return;
    }
    const chunk = JSON.parse(data);
    usage = chunk.usage ?? usage;
    const { delta } = chunk.choices[0] ?? {};
    if (delta?.role) listener.onAnswer(chunk);
    if (delta?.content) listener.onToken(delta.content);
  };
  source.onerror = ({ error, message, reconnectIn }) => {
    if (reconnectIn === undefined) listener.onFailure(error.code, message);
    else listener.onInterruption(error.code);
  };
}

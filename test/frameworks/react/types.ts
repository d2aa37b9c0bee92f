// Compiles because each line under an expectation is an error, and all others are correct.
import { type EventSourceState, useEventSource } from 'eventsource-fetch/react';

declare function expectString(value: string): void;
declare function expectNumber(value: number): void;

export function useAll(): void {
  const text = useEventSource('/events');
  for (const { data, type, lastEventId } of text.events) expectString(data + type + lastEventId);
  expectNumber(text.status.attempt);
  expectString(text.status.error?.code ?? text.status.state);
  text.reconnect();
  // @ts-expect-error: text
  expectNumber(text.events[0]?.data);

  const { events } = useEventSource<{ amount: number }>(new URL('https://a.test'), { parse: JSON.parse });
  for (const { data } of events) expectNumber(data.amount);

  const inferred = useEventSource(null, {
    parse: Number,
    keep: 5,
    onEvent: ({ data }) => expectNumber(data),
  });
  for (const { data } of inferred.events) expectNumber(data);

  const byType = useEventSource('/', { parse: { count: Number, name: (data) => data } });
  for (const event of byType.events) {
    if (event.type === 'count') expectNumber(event.data);
    else expectString(event.data);
  }
  // @ts-expect-error: no such option
  useEventSource('/', { header: {} });
  // @ts-expect-error: a number
  useEventSource('/', { keep: '5' });
}

export const none: EventSourceState<never>['events'] = [];

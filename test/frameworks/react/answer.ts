import { queryOptions, experimental_streamedQuery as streamedQuery } from '@tanstack/react-query';
import { FetchEventSource } from 'eventsource-fetch';

export const answerTo = (url: string, prompt: string) =>
  queryOptions({
    queryKey: ['answer', url, prompt],
    queryFn: streamedQuery({
      async *streamFn({ signal }) {
        const answer = new FetchEventSource<{ token: string }>(url, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ prompt }),
          parse: JSON.parse,
          done: '[DONE]',
          signal,
        });
        for await (const { data } of answer) yield data.token;
      },
      reducer: (text, token) => text + token,
      initialValue: '',
    }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

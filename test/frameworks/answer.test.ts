import { QueryClient } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { script } from '../scripted.js';
import { answerTo } from './react/answer.js';

test("TanStack Query's streamedQuery collects an answer, and asks once", async () => {
  const served = await script({
    chunks: ['data: {"token":"blue"}\n\ndata: {"token":" sky"}\n\ndata: [DONE]\n\n'],
  });
  const client = new QueryClient();
  expect(await client.fetchQuery(answerTo(served.url, 'why'))).toBe('blue sky');
  expect(await client.fetchQuery(answerTo(served.url, 'why'))).toBe('blue sky');
  const requests = await served.requests();
  expect(requests.map(({ method, body }) => [method, body])).toEqual([['POST', '{"prompt":"why"}']]);
});

test('a query that is cancelled closes the connection', async () => {
  const served = await script({ chunks: ['data: {"token":"blue"}\n\n'], after: 'hold' });
  const client = new QueryClient();
  const answer = answerTo(served.url, 'why');
  const ended = client.fetchQuery(answer).catch(() => {});
  await expect.poll(() => client.getQueryData(answer.queryKey)).toBe('blue');
  await client.cancelQueries();
  await ended;
  await expect.poll(served.open).toBe(0);
});

test('a failure is the error of the query', async () => {
  const { url } = await script({ status: 403 });
  await expect(new QueryClient().fetchQuery(answerTo(url, 'why'))).rejects.toMatchObject({ status: 403 });
});

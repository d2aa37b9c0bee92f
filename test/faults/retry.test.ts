import { expect, test } from 'vitest';
import { aWhile, catchWarnings, connect, EAGER, ending, expectQuiet, until } from './harness.js';
import { end, head, hold, listen, reset } from './server.js';

test.each<[value: string, least: number]>([
  ['0', 100],
  ['1', 100],
  ['007', 100],
  ['300', 300],
])('retry: %s means a wait of %i ms at least, and the next request comes no sooner', async (value, least) => {
  const server = await listen(end(head(), `retry: ${value}\ndata: a\n\n`));
  const source = connect(server.url);
  const { reconnectIn = 0 } = await ending(source);
  expect(reconnectIn).toBeGreaterThanOrEqual(least);
  expect(source.reconnectionTime).toBe(Number(value));
  await until(() => server.requests.length >= 3);
  const times = server.requests.map(({ at }) => at);
  // The server notices an end later than it happens, never sooner.
  for (const [index, at] of times.slice(1).entries())
    expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(least);
});

test.each(['-1', '1.5', '1e3', '+5', '0x10', '5 ', '  5', '5ms', '', '٣', '1\0', 'Infinity', 'NaN'])(
  'retry: %j is no time and changes nothing',
  async (value) => {
    const server = await listen(end(head(), `retry: ${value}\ndata: a\n\n`), hold(head()));
    const source = connect(server.url, { reconnect: { reconnectionTime: 7, maxBackoff: 1 } });
    const { reconnectIn } = await ending(source);
    expect(source.reconnectionTime).toBe(7);
    expect(reconnectIn).toBeLessThanOrEqual(14);
    await until(() => server.requests.length === 2);
  },
);

test.each([
  ['of 25 days', '2147483648'],
  ['of three years', '99999999999'],
  ['of 20 digits', '9'.repeat(20)],
  ['of 400 digits', '9'.repeat(400)],
])('a retry %s is waited for as one of a day', async (_what, value) => {
  const warnings = catchWarnings();
  const server = await listen(end(head(), `retry: ${value}\ndata: a\n\n`));
  const source = connect(server.url);
  const { reconnectIn, readyState } = await ending(source);
  expect(readyState).toBe(0);
  expect(source.reconnectionTime).toBeGreaterThan(2 ** 31 - 1);
  expect(reconnectIn).toBeGreaterThanOrEqual(86_400_000);
  expect(reconnectIn).toBeLessThanOrEqual(95_040_000);
  await aWhile();
  expect(server.requests).toHaveLength(1);
  expect(warnings).toEqual([]);
  source.close();
  await expectQuiet(source, server);
});

test('retry of an unfinished event counts', async () => {
  const server = await listen(reset(head(), 'retry: 250\ndata: a'), hold(head()));
  const source = connect(server.url, EAGER);
  const { reconnectIn } = await ending(source);
  expect(source.reconnectionTime).toBe(250);
  expect(reconnectIn).toBeGreaterThanOrEqual(250);
});

test('the last retry counts, whatever the caller’s initial value', async () => {
  // With an event, because a failure would add to the wait.
  const server = await listen(end(head(), 'retry: 1\nretry: 400\ndata: a\n\n'));
  const source = connect(server.url, { reconnect: { reconnectionTime: 5000 } });
  const { reconnectIn } = await ending(source);
  expect(reconnectIn).toBeGreaterThanOrEqual(400);
  expect(reconnectIn).toBeLessThanOrEqual(800);
});

test('retry outlives the connection', async () => {
  const server = await listen(
    end(head(), 'retry: 120\ndata: a\n\n'),
    end(head(), 'data: b\n\n'),
    hold(head()),
  );
  const source = connect(server.url, EAGER);
  await ending(source);
  expect((await ending(source)).reconnectIn).toBeGreaterThanOrEqual(120);
});

test('reconnect() does not wait for a retry of a month', async () => {
  const server = await listen(end(head(), 'retry: 2592000000\ndata: a\n\n'), hold(head()));
  const source = connect(server.url);
  await ending(source);
  source.reconnect();
  await until(() => server.requests.length === 2);
});

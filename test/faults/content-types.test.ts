import { expect, test, vi } from 'vitest';
import { connect, EAGER, ending, next, until } from './harness.js';
import { hold, listen, status } from './server.js';

const EVENT = 'data: a\n\n';

test.each([
  'text/event-stream',
  'TEXT/Event-Stream',
  'text/event-stream;',
  'text/event-stream;charset=utf-8',
  'text/event-stream ; charset=windows-1252',
  'text/event-stream; charset="utf-8"; boundary=x',
  'text/event-stream;;;',
  'text/event-stream; =; %',
  ' \t text/event-stream \t ',
])('the content type %j is an event stream', async (type) => {
  const server = await listen(hold(status('200 OK', `Content-Type: ${type}`) + EVENT));
  expect((await next(connect(server.url), 'message')).data).toBe('a');
});

test.each([
  undefined,
  '',
  ';',
  'text/plain',
  'text/html; x=text/event-stream',
  'application/json',
  'application/x-ndjson',
  'text/event-stream-x',
  'text/event-streams',
  'xtext/event-stream',
  'text/event-stream x',
  'text /event-stream',
  'text/ event-stream',
  'text/event',
  'text',
  '"text/event-stream"',
  'text/event-stream, text/plain',
  'text/event\u00adstream',
])('the content type %j fails, whatever the policy', async (type) => {
  const lines = type === undefined ? [] : [`Content-Type: ${type}`];
  const server = await listen(hold(status('200 OK', ...lines) + EVENT));
  const source = connect(server.url, EAGER);
  const open = vi.fn();
  source.onopen = open;
  expect(await ending(source)).toMatchObject({ code: 'content-type', readyState: 2, status: 200 });
  expect(open).not.toHaveBeenCalled();
  await until(() => server.open() === 0);
  expect(server.requests).toHaveLength(1);
});

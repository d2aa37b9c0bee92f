import { expect, test } from 'vitest';
import { connect, next, record, script } from './scripted.js';

test('connects, delivers and connects again', async () => {
  const stream = await script({ chunks: ['id: 1\ndata: a\n\n'] }, { chunks: ['data: b\n\n'], then: 'hold' });
  const source = connect(stream.url, { reconnect: { reconnectionTime: 10 }, headers: { Authorization: 'Bearer x' } });
  const log = record(source);
  await next(source, 'message', (event) => event.data === 'b');
  expect(log).toEqual(['open:1', 'message:a', 'error:0', 'open:1', 'message:b']);
  const [first, second] = await stream.requests();
  expect(first?.headers['authorization']).toBe('Bearer x');
  expect(second?.headers['last-event-id']).toBe('1');
});

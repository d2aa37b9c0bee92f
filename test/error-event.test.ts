import { expect, test } from 'vitest';
import { ErrorEvent, EventSource, FetchEventSource } from '../src/index.js';
import { connect, next, script } from './scripted.js';

test('the class is also exported under the name that the package eventsource gives its own', () => {
  expect(EventSource).toBe(FetchEventSource);
});

test("an error event is an instance of ErrorEvent, and a server's message of that name is none", async () => {
  const { url } = await script({ chunks: ['event: error\ndata: busy\n\n'] });
  const source = connect(url, { reconnect: false });
  const message = await next<Event>(source, 'error');
  const error = await next<Event>(source, 'error');
  expect([message instanceof ErrorEvent, error instanceof ErrorEvent]).toEqual([false, true]);
  expect(error).toHaveProperty('error.code', 'end-of-stream');
});

test('an ErrorEvent can be made, for tests of listeners', () => {
  const event = new ErrorEvent('error', { message: 'Refused', code: 403 });
  expect(event).toMatchObject({ type: 'error', message: 'Refused', code: 403 });
  expect(event).toBeInstanceOf(ErrorEvent);
  expect(event).toBeInstanceOf(Event);
  expect(new ErrorEvent('error')).toMatchObject({ type: 'error', message: undefined });
});

test.each([undefined, null, 'error', {}, new Event('error'), { error: new Error('other') }])(
  '%s is no ErrorEvent',
  (value) => {
    expect((value as object) instanceof ErrorEvent).toBe(false);
  },
);

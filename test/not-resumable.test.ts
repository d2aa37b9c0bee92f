import { expect, test, vi } from 'vitest';
import { type EventSourceErrorEvent, FetchEventSourceError } from '../src/index.js';
import { connect, next } from './scripted.js';

/** As a helper of another copy of the library would throw it. */
const foreign = Object.assign(new Error('text'), { name: 'FetchEventSourceError', code: 'not-resumable' });

test.each([
  ['of this library', new FetchEventSourceError('not-resumable', 'text')],
  ['of another copy of it', foreign],
])('a fetch that rejects with `not-resumable` %s is final, whatever the policy', async (_whose, error) => {
  const fetch = vi.fn(() => Promise.reject(error));
  const shouldReconnect = vi.fn(() => true);
  const source = connect('https://a.test/', { fetch, reconnect: { shouldReconnect, reconnectionTime: 0 } });
  const event = await next<EventSourceErrorEvent>(source, 'error');
  expect(event.error).toBeInstanceOf(FetchEventSourceError);
  expect(event.error?.code).toBe('not-resumable');
  expect(source.readyState).toBe(source.CLOSED);
  expect([fetch.mock.calls.length, shouldReconnect.mock.calls.length]).toEqual([1, 0]);
});

test('any other error with that code is a lost connection', async () => {
  const error = Object.assign(new Error('text'), { code: 'not-resumable' });
  const source = connect('https://a.test/', { fetch: () => Promise.reject(error) });
  expect((await next<EventSourceErrorEvent>(source, 'error')).error?.code).toBe('network');
  expect(source.readyState).toBe(source.CONNECTING);
});

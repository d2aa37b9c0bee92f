import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FetchEventSourceInit } from '../../src/index.js';
import { transport } from '../../src/platform/transport.js';
import { resumable } from '../../src/resumable.js';
import { whileVisible } from '../../src/visible.js';
import { connect, eventStream, next } from '../scripted.js';

type Fetch = NonNullable<FetchEventSourceInit['fetch']>;

/** What sends as the class does without a `fetch`. */
const SENDERS: [name: string, create: () => Fetch][] = [
  ['the transport', () => transport],
  ['whileVisible()', () => whileVisible()],
  ['resumable()', () => resumable({ key: `${Math.random()}` })],
  [
    'resumable({ fetch: whileVisible() })',
    () => resumable({ key: `${Math.random()}`, fetch: whileVisible() }),
  ],
];

/** Replaces the global fetch, and returns the inits that it was called with. */
function record() {
  const fetch = vi.fn<Fetch>(async () => eventStream('data: a\n\n'));
  vi.stubGlobal('fetch', fetch);
  onTestFinished(() => void vi.unstubAllGlobals());
  return () => fetch.mock.calls.map(([, init]) => init as RequestInit & { dispatcher?: unknown });
}

describe.each(SENDERS)('%s', (_name, create) => {
  test.each([0, 5000])('is as patient as the class with a connectTimeout of %i', async (connectTimeout) => {
    const dispatchers: unknown[] = [];
    for (const fetch of [undefined, create()]) {
      const calls = record();
      await next(connect('https://a.test/', { fetch, connectTimeout }), 'message');
      dispatchers.push(calls().map(({ dispatcher }) => dispatcher));
    }
    expect(dispatchers[0]).toEqual([expect.any(Object)]);
    expect((dispatchers[1] as unknown[])[0]).toBe((dispatchers[0] as unknown[])[0]);
  });

  test('leaves a dispatcher and a redirect mode of the caller’s alone', async () => {
    const calls = record();
    const dispatcher = {};
    const init = { fetch: create(), redirect: 'error', dispatcher } as FetchEventSourceInit;
    await next(connect('https://a.test/', init), 'message');
    const [sent] = calls();
    expect(sent).toMatchObject({ redirect: 'error' });
    expect(sent?.dispatcher).toBe(dispatcher);
  });

  test('fails at once for a scheme that fetch cannot load', async () => {
    const source = connect('ftp://a.test/', { fetch: create() });
    await next(source, 'error');
    expect(source.readyState).toBe(source.CLOSED);
  });
});

test('a helper over a caller’s fetch is a caller’s fetch', async () => {
  const fetch = vi.fn<Fetch>(async () => eventStream('data: a\n\n'));
  for (const helper of [whileVisible({ fetch }), resumable({ key: 'a', fetch })]) {
    await next(connect('app://a/', { fetch: helper }), 'message');
  }
  expect(fetch.mock.calls.map(([url, { redirect }]) => [url, redirect])).toEqual([
    ['app://a/', 'follow'],
    ['app://a/', 'follow'],
  ]);
  expect(fetch.mock.calls[0]?.[1]).not.toHaveProperty('dispatcher');
});

import { describe, expect, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceInit } from '../src/index.js';
import { connect, eventStream, next, record, settle } from './scripted.js';

const AT_ONCE = { reconnect: { reconnectionTime: 0, maxBackoff: 0 } } satisfies FetchEventSourceInit;

/** Things that call back when they are aborted or cancelled, in the middle of the class's own work. */
type Hook = (attempt: { signal: AbortSignal }, act: () => void) => Response;

const HOOKS: [string, Hook, FetchEventSourceInit][] = [
  [
    'its attempt’s own end',
    ({ signal }, act) => {
      signal.addEventListener('abort', act);
      return eventStream('data: a\n\n');
    },
    {},
  ],
  [
    'a time-out’s',
    (_, act) =>
      eventStream(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\n')),
          cancel: act,
        }),
      ),
    { idleTimeout: 1 },
  ],
  [
    'a refused response’s',
    (_, act) => new Response(new ReadableStream({ cancel: act }), { status: 503 }),
    {},
  ],
];

describe.each(HOOKS)('in a listener of %s', (_, respond, init) => {
  test('close() is for good', async () => {
    const fetch = vi.fn(async (_url: string, attempt: { signal: AbortSignal }) =>
      respond(attempt, () => source.close()),
    );
    const source = connect('https://example.org/', { ...AT_ONCE, ...init, fetch });
    for await (const _event of source);
    const log = record(source);
    await settle();
    expect([source.readyState, fetch.mock.calls.length, log]).toEqual([FetchEventSource.CLOSED, 1, []]);
  });

  test('an aborted signal closes for good', async () => {
    const controller = new AbortController();
    const fetch = vi.fn(async (_url: string, attempt: { signal: AbortSignal }) =>
      respond(attempt, () => controller.abort()),
    );
    const source = connect('https://example.org/', { ...AT_ONCE, ...init, fetch, signal: controller.signal });
    const loop = async () => {
      for await (const _event of source);
    };
    await expect(loop()).rejects.toMatchObject({ name: 'AbortError' });
    await settle();
    expect([source.readyState, fetch.mock.calls.length]).toEqual([FetchEventSource.CLOSED, 1]);
  });
});

test('reconnect() in a listener of the attempt’s own end connects again, whatever the policy', async () => {
  const fetch = vi.fn(async (_url: string, { signal }: { signal: AbortSignal }) => {
    if (fetch.mock.calls.length > 1) return eventStream('data: b\n\n');
    signal.addEventListener('abort', () => source.reconnect());
    return eventStream('data: a\n\n');
  });
  const source = connect('https://example.org/', { method: 'POST', fetch });
  const log = record(source);
  await next(source, 'message', ({ data }) => data === 'b');
  expect(log).toEqual(['open:1', 'message:a', 'error:0', 'open:1', 'message:b']);
});

test('shouldReconnect is not asked about a source that has been closed', async () => {
  const shouldReconnect = vi.fn();
  const source = connect('https://example.org/', {
    reconnect: { shouldReconnect },
    fetch: async (_url, { signal }) => {
      signal.addEventListener('abort', () => source.close());
      return eventStream(null);
    },
  });
  await next(source, 'open');
  await settle();
  expect(shouldReconnect).not.toHaveBeenCalled();
});

describe('close() holds back the very event whose', () => {
  const CLOSERS: [string, (close: () => void) => FetchEventSourceInit][] = [
    [
      'parse calls it',
      (close) => ({
        parse: (data) => {
          close();
          return data;
        },
      }),
    ],
    [
      'parse calls it and throws',
      (close) => ({
        parse: () => {
          close();
          throw new Error('mine');
        },
      }),
    ],
    [
      'done calls it',
      (close) => ({
        done: () => {
          close();
          return false;
        },
      }),
    ],
  ];

  test.each(CLOSERS)('%s', async (_, options) => {
    const source: FetchEventSource = connect('https://example.org/', {
      ...options(() => source.close()),
      fetch: async () => eventStream('data: a\n\ndata: b\n\n'),
    });
    const log = record(source, 'messageerror');
    const loop = source[Symbol.asyncIterator]();
    expect(await Promise.all([loop.next(), loop.next(), loop.next()])).toEqual(
      Array(3).fill({ done: true, value: undefined }),
    );
    await settle();
    expect(log).toEqual(['open:1']);
  });
});

describe('the signal of an attempt is aborted', () => {
  test.each([
    ['that ended', () => eventStream(null)],
    ['that failed', () => Promise.reject(new Error('mine'))],
  ])('%s', async (_, respond) => {
    const signals: AbortSignal[] = [];
    const source = connect('https://example.org/', {
      ...AT_ONCE,
      headers: ({ signal }) => {
        signals.push(signal);
        return {};
      },
      fetch: async () => respond(),
    });
    await expect.poll(() => signals.length).toBeGreaterThan(1);
    source.close();
    await settle();
    expect(signals.map(({ aborted }) => aborted)).toEqual(signals.map(() => true));
  });

  test('not by a refusal, because somebody may read the body of its response or of a copy', async () => {
    let signal: AbortSignal | undefined;
    const source = connect('https://example.org/', {
      reconnect: false,
      fetch: async (_url, init) => {
        ({ signal } = init);
        return new Response('why', { status: 403 });
      },
    });
    let text: Promise<string> | undefined;
    source.onerror = ({ error }) => {
      text = error?.response?.text();
    };
    await next(source, 'error');
    await settle();
    expect([await text, signal?.aborted]).toEqual(['why', false]);
  });
});

test.each(['close', 'reconnect'] as const)(
  '%s() while the body of a redirect is cancelled keeps the redirect from being followed',
  async (method) => {
    const fetch = vi.fn(async (_url: string, _init: { signal: AbortSignal }) => {
      if (fetch.mock.calls.length > 1) return eventStream('data: a\n\n');
      const body = new ReadableStream({ cancel: () => source[method]() });
      return new Response(body, { status: 307, headers: { Location: '/moved' } });
    });
    const source = connect('https://example.org/', { headers: { Authorization: 'mine' }, fetch });
    await settle();
    source.close();
    expect(fetch.mock.calls.map(([url]) => url)).not.toContain('https://example.org/moved');
  },
);

describe.each([{}, { connectTimeout: 1000 }])('close() between any two microtasks, with %o,', (init) => {
  /** Closes a source so many microtasks after it was constructed; its `fetch` ignores the signal. */
  async function closeAfter(microtasks: number) {
    let isClosed = false;
    const events: string[] = [];
    const fetch = async () => {
      events.push(isClosed ? 'request after close()' : 'request');
      return eventStream(new ReadableStream({ cancel: () => void events.push('cancel') }));
    };
    const source = connect('https://example.org/', { ...init, fetch });
    for (let passed = 0; passed < microtasks; passed++) await undefined;
    source.close();
    isClosed = true;
    await settle();
    return events.join(', ');
  }

  const closeAnywhere = async () =>
    new Set(await Promise.all(Array.from({ length: 40 }, (_, at) => closeAfter(at))));

  test('makes no request afterwards', async () => {
    expect([...(await closeAnywhere())].join()).not.toContain('after');
  });

  test('T23: cancels the body of the response', async () => {
    expect([...(await closeAnywhere())]).toEqual(['', 'request, cancel']);
  });
});

describe('close() while headers are awaited', () => {
  test('keeps the body function from being called', async () => {
    const body = vi.fn(() => 'late');
    const fetch = vi.fn();
    const source = connect('https://example.org/', {
      method: 'POST',
      headers: async () => {
        source.close();
        return {};
      },
      body,
      fetch,
    });
    await settle();
    expect([body, fetch].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  });

  test('cancels a stream that the body function returns anyway', async () => {
    const cancel = vi.fn();
    const source = connect('https://example.org/', {
      method: 'POST',
      body: async () => {
        source.close();
        return new ReadableStream({ cancel });
      },
    });
    await expect.poll(() => cancel.mock.calls.length).toBe(1);
  });
});

import { expect, test, vi } from 'vitest';
import type { Attempt, EventSourceErrorEvent, FetchEventSourceInit } from '../src/index.js';
import { connect, eventStream, next, settle } from './scripted.js';

const URL = 'https://example.org/';

/** What says when to try again, and how to let that come. */
function hold() {
  let release: () => void = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { release, error: Object.assign(new Error('offline'), { until }) };
}

/** A `fetch` that answers by each function in turn. */
const inTurn = (...answers: (() => Response)[]) =>
  vi.fn<NonNullable<FetchEventSourceInit['fetch']>>(async () => (answers.shift() as () => Response)());

const refuse = (error: Error) => () => {
  throw error;
};
const hello = () => eventStream('data: hello\n\n');

test('an error with a promise as its `until` is waited for, and then the source connects again', async () => {
  const { release, error } = hold();
  const fetch = inTurn(refuse(error), hello);
  const source = connect(URL, { fetch });
  const event = await next<EventSourceErrorEvent>(source, 'error');
  expect(event.error).toMatchObject({ code: 'network', cause: error });
  expect(event.reconnectIn).toBeUndefined();
  expect(source.readyState).toBe(source.CONNECTING);
  await settle();
  expect(fetch).toHaveBeenCalledTimes(1);
  const message = next(source, 'message');
  release();
  expect((await message).data).toBe('hello');
});

test('it takes the place of every other wait, however long that were', async () => {
  const { release, error } = hold();
  const source = connect(URL, {
    fetch: inTurn(refuse(error), hello),
    reconnect: { reconnectionTime: 1e9, shouldReconnect: () => 1e9 },
  });
  await next(source, 'error');
  release();
  expect((await next(source, 'message')).data).toBe('hello');
});

test('a stream may break with one as well, and resumes where it was', async () => {
  const { release, error } = hold();
  const broken = () => {
    let pulls = 0;
    return eventStream(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          if (pulls++) controller.error(error);
          else controller.enqueue(new TextEncoder().encode('id: 7\ndata: a\n\n'));
        },
      }),
    );
  };
  const fetch = inTurn(broken, hello);
  const source = connect(URL, { fetch });
  expect((await next<EventSourceErrorEvent>(source, 'error')).error?.cause).toBe(error);
  const message = next(source, 'message');
  release();
  await message;
  expect(fetch.mock.lastCall?.[1].headers.get('Last-Event-ID')).toBe('7');
});

test('headers are asked for anew, and no failure is counted', async () => {
  const first = hold();
  const second = hold();
  const headers = vi.fn<(attempt: Attempt) => Record<string, string>>(() => ({}));
  const source = connect(URL, {
    fetch: inTurn(refuse(first.error), refuse(second.error), hello),
    headers,
    reconnect: { maxFailures: 1 },
  });
  for (const { release } of [first, second]) {
    await next(source, 'error');
    release();
  }
  await next(source, 'message');
  expect(headers.mock.calls.map(([{ failures }]) => failures)).toEqual([0, 0, 0]);
});

test('connectTimeout does not run meanwhile', async () => {
  const { release, error } = hold();
  const fetch = inTurn(refuse(error), hello);
  const source = connect(URL, { fetch, connectTimeout: 1 });
  await next(source, 'error');
  const errors = vi.fn();
  source.addEventListener('error', errors);
  await settle();
  expect(errors).not.toHaveBeenCalled();
  release();
  await next(source, 'open');
});

test('one that rejects ends the wait as well', async () => {
  const error = Object.assign(new Error(), { until: Promise.reject(new Error('never')) });
  const source = connect(URL, { fetch: inTurn(refuse(error), hello) });
  expect((await next(source, 'message')).data).toBe('hello');
});

test('one that is over does not keep other tasks from their turn', async () => {
  const until = Promise.resolve();
  const source = connect(URL, { fetch: async () => Promise.reject(Object.assign(new Error(), { until })) });
  await settle();
  source.close();
  expect(source.readyState).toBe(source.CLOSED);
});

test('reconnect() does not wait for it, and close() ends it', async () => {
  const fetch = inTurn(refuse(hold().error), refuse(hold().error));
  const source = connect(URL, { fetch });
  await next(source, 'error');
  source.reconnect();
  await next(source, 'error', () => fetch.mock.calls.length > 1);
  source.close();
  await settle();
  expect(fetch).toHaveBeenCalledTimes(2);
});

test('where nothing may be sent again, it makes no difference', async () => {
  const { error } = hold();
  for (const init of [{ method: 'POST' }, { reconnect: false }]) {
    const source = connect(URL, { ...init, fetch: inTurn(refuse(error)) });
    await next(source, 'error');
    expect(source.readyState).toBe(source.CLOSED);
  }
});

test('a member of that name that is no promise is ignored', async () => {
  const error = Object.assign(new Error(), { until: 5 });
  const source = connect(URL, { fetch: inTurn(refuse(error)), reconnect: { reconnectionTime: 5000 } });
  expect((await next<EventSourceErrorEvent>(source, 'error')).reconnectIn).toBeGreaterThanOrEqual(5000);
});

test('nothing is said on the console while it waits', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { error } = hold();
  const fetch = inTurn(refuse(error));
  connect(URL, { fetch });
  await settle();
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(log).not.toHaveBeenCalled();
  log.mockRestore();
});

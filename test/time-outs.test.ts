import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type EventSourceErrorEvent,
  FetchEventSource,
  type FetchEventSourceErrorCode,
  type FetchEventSourceInit,
} from '../src/index.js';
import { connect } from './scripted.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const bytes = (text: string) => new TextEncoder().encode(text);

/** A stream that the test writes to. */
function open() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
    cancel: () => {
      isCancelled = true;
    },
  });
  return {
    response: new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }),
    write: (text: string) => controller.enqueue(bytes(text)),
    isCancelled: () => isCancelled,
  };
}

/** A source with a fetch, and the errors that it has had: code and state. */
function watch(fetch: typeof globalThis.fetch, init: FetchEventSourceInit) {
  const errors: [FetchEventSourceErrorCode | undefined, number][] = [];
  const events: EventSourceErrorEvent[] = [];
  const source = connect('https://source.test/', { fetch, ...init });
  source.onerror = (event) => {
    errors.push([event.error?.code, source.readyState]);
    events.push(event);
  };
  return { source, errors, events };
}

const never = () => new Promise<never>(() => {});

describe('connectTimeout', () => {
  test('ends an attempt that gets no response, and makes another', async () => {
    const signals: (AbortSignal | null | undefined)[] = [];
    const { errors, events } = watch(
      (_url, init) => {
        signals.push(init?.signal);
        return never();
      },
      { connectTimeout: 1000, reconnect: { reconnectionTime: 10, maxBackoff: 10 } },
    );
    await vi.advanceTimersByTimeAsync(999);
    expect(errors).toEqual([]);
    await vi.advanceTimersByTimeAsync(10);
    expect(errors).toEqual([['connect-timeout', FetchEventSource.CONNECTING]]);
    expect(events[0]?.message).toContain('1000');
    expect(signals[0]?.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(1000);
    expect(signals).toHaveLength(2);
  });

  test.each(['headers', 'body'])('covers a function for the %s that never settles', async (name) => {
    const asked: AbortSignal[] = [];
    const { errors } = watch(never, {
      method: 'PUT',
      connectTimeout: 1000,
      [name]: ({ signal }: { signal: AbortSignal }) => {
        asked.push(signal);
        return never();
      },
    });
    await vi.advanceTimersByTimeAsync(1010);
    expect(errors).toEqual([['connect-timeout', FetchEventSource.CONNECTING]]);
    expect(asked[0]?.aborted).toBe(true);
  });

  test('does not touch a stream once its response is there', async () => {
    const { response, write } = open();
    const { source, errors } = watch(async () => response, { connectTimeout: 1000 });
    const log: string[] = [];
    source.onmessage = ({ data }) => log.push(data);
    await vi.advanceTimersByTimeAsync(100_000);
    write('data: late\n\n');
    await vi.advanceTimersByTimeAsync(1);
    expect([log, errors]).toEqual([['late'], []]);
  });

  test('drops the response that comes afterwards, and frees its body', async () => {
    const { response, isCancelled } = open();
    let answer!: (response: Response) => void;
    const { source, errors } = watch(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      { connectTimeout: 1000, reconnect: { reconnectionTime: 1e6 } },
    );
    await vi.advanceTimersByTimeAsync(1010);
    answer(response);
    await vi.advanceTimersByTimeAsync(1);
    expect([errors.length, source.readyState, isCancelled()]).toEqual([1, FetchEventSource.CONNECTING, true]);
  });
});

describe('idleTimeout', () => {
  test('ends a silent connection, frees its body and connects again', async () => {
    const streams = [open(), open()] as const;
    let requests = 0;
    const { errors } = watch(async () => (streams[requests++] ?? open()).response, {
      idleTimeout: 1000,
      reconnect: { reconnectionTime: 10, maxBackoff: 10 },
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(errors).toEqual([]);
    await vi.advanceTimersByTimeAsync(10);
    expect(errors).toEqual([['idle-timeout', FetchEventSource.CONNECTING]]);
    expect(streams[0].isCancelled()).toBe(true);
    await vi.advanceTimersByTimeAsync(100);
    expect(requests).toBe(2);
  });

  test.each(['data: event\n\n', ': comment\n', 'x'])('starts over with every byte: %j', async (text) => {
    const { response, write } = open();
    const { errors } = watch(async () => response, { idleTimeout: 1000 });
    for (let time = 0; time < 5; time++) {
      await vi.advanceTimersByTimeAsync(900);
      write(text);
    }
    await vi.advanceTimersByTimeAsync(900);
    expect(errors).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(errors).toEqual([['idle-timeout', FetchEventSource.CONNECTING]]);
  });

  test('gives a chance to bytes that arrived while the event loop was busy', async () => {
    const { response, write } = open();
    const { errors } = watch(async () => response, { idleTimeout: 1000 });
    await vi.advanceTimersByTimeAsync(999);
    // Both are due in the same turn, as after a long pause. The read comes second.
    setTimeout(() => write(':\n'), 1);
    await vi.advanceTimersByTimeAsync(500);
    expect(errors).toEqual([]);
  });

  test('is not an end after which a POST is repeated', async () => {
    const { response } = open();
    const { events } = watch(async () => response, { method: 'POST', body: 'x', idleTimeout: 1000 });
    await vi.advanceTimersByTimeAsync(1010);
    expect(events[0]?.error).toMatchObject({ code: 'not-resumable', cause: { code: 'idle-timeout' } });
  });
});

test('with reconnect: false a time-out fails with its own code', async () => {
  const connecting = watch(never, { connectTimeout: 10, reconnect: false });
  const idle = watch(async () => open().response, { idleTimeout: 10, reconnect: false });
  await vi.advanceTimersByTimeAsync(20);
  expect(connecting.errors).toEqual([['connect-timeout', FetchEventSource.CLOSED]]);
  expect(idle.errors).toEqual([['idle-timeout', FetchEventSource.CLOSED]]);
});

test.each([0, 2 ** 31])('%d is no limit', async (limit) => {
  const { errors } = watch(async () => open().response, { connectTimeout: limit, idleTimeout: limit });
  await vi.advanceTimersByTimeAsync(2 ** 31 - 1);
  expect(errors).toEqual([]);
});

test('T20: no timer is left behind', async () => {
  const { source } = watch(async () => open().response, { connectTimeout: 1e6, idleTimeout: 1e6 });
  const waiting = watch(never, { connectTimeout: 1e6 });
  await vi.advanceTimersByTimeAsync(10);
  source.close();
  waiting.source.close();
  await vi.advanceTimersByTimeAsync(10);
  expect(vi.getTimerCount()).toBe(0);
});

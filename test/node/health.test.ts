import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceInit } from '../../src/index.js';
import { connect, eventStream } from '../scripted.js';

// In Node alone: in browsers a stream takes tasks of its own, which a fake clock does not wait for.

test('what is skipped is no sign of health', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const fetch = async () => eventStream('id: 1\ndata: 1\n\n');
  const source = connect('https://example.org/', {
    fetch,
    dedupe: true,
    reconnect: { reconnectionTime: 1, maxBackoff: 1, maxFailures: 3 },
  });
  await vi.advanceTimersByTimeAsync(1000);
  expect(source.readyState).toBe(FetchEventSource.CLOSED);
});

describe('a server that greets and hangs up', () => {
  const GREETING = 'retry: 100\nid: 1\ndata: hello\n\n';

  /** How many requests a source makes in half a minute, and its state then. */
  async function visit(reconnect: FetchEventSourceInit['reconnect'], serve = () => eventStream(GREETING)) {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const fetch = vi.fn(async () => serve());
    const source = connect('https://example.org/', { fetch, reconnect });
    await vi.advanceTimersByTimeAsync(30_000);
    return { requests: fetch.mock.calls.length, readyState: source.readyState };
  }

  test('is asked again and again by default', async () => {
    const { requests, readyState } = await visit({ maxFailures: 3 });
    expect(requests).toBeGreaterThan(100);
    expect(readyState).not.toBe(FetchEventSource.CLOSED);
  });

  test('is backed off from with healthyAfter', async () => {
    expect((await visit({ healthyAfter: 5000 })).requests).toBeLessThanOrEqual(8);
  });

  test('makes the source fail after maxFailures', async () => {
    const { requests, readyState } = await visit({ healthyAfter: 5000, maxFailures: 3 });
    expect({ requests, readyState }).toEqual({ requests: 3, readyState: FetchEventSource.CLOSED });
  });

  test.each([
    [4999, false],
    [5000, true],
  ])('has been healthy after %i ms: %s', async (lasting, isHealthy) => {
    const serve = () =>
      eventStream(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode(GREETING));
            setTimeout(() => controller.close(), lasting);
          },
        }),
      );
    const { requests } = await visit({ healthyAfter: 5000, maxFailures: 3 }, serve);
    expect(requests > 3).toBe(isHealthy);
  });
});

import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource } from '../../src/index.js';
import { connect, next, record, script } from '../scripted.js';

afterEach(() => {
  Reflect.deleteProperty(document, 'visibilityState');
  Reflect.deleteProperty(document, 'hidden');
});

/** What a page sees when another tab comes to the front, or the page itself. */
function turn(state: DocumentVisibilityState): void {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
  Object.defineProperty(document, 'hidden', { value: state === 'hidden', configurable: true });
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
}

test.each(['GET', 'POST'])(
  'a %s goes on in a hidden tab, and is not sent again when it is shown',
  async (method) => {
    const { url, requests, push } = await script({ chunks: ['data: a\n\n'], after: 'hold' });
    const source = connect(url, { method, reconnect: true });
    const log = record(source);
    await next(source, 'message');
    for (const [state, data] of [
      ['hidden', 'b'],
      ['visible', 'c'],
      ['hidden', 'd'],
    ] as const) {
      turn(state);
      const message = next(source, 'message');
      await push(`data: ${data}\n\n`);
      await message;
    }
    expect(log).toEqual(['open:1', 'message:a', 'message:b', 'message:c', 'message:d']);
    expect(await requests()).toHaveLength(1);
  },
);

test('a POST that ended is not sent again when its tab is hidden, shown, or online again', async () => {
  const { url, requests } = await script({ after: 'cut' });
  const source = connect(url, { method: 'POST' });
  await next(source, 'error');
  turn('hidden');
  turn('visible');
  window.dispatchEvent(new Event('pageshow'));
  window.dispatchEvent(new Event('online'));
  // A request that those events could have triggered would have been sent before this one.
  await next(connect(url, { method: 'POST' }), 'error');
  expect(await requests()).toHaveLength(2);
});

test('a stream that always has more does not wait for timers, which hidden tabs slow down', async ({
  skip,
}) => {
  skip(!('scheduler' in globalThis), 'no scheduler.postTask()');
  const timer = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => timer.mockRestore());
  const chunk = new TextEncoder().encode('data: a\n\n');
  let chunks = 0;
  const source = FetchEventSource.fromReadableStream(
    new ReadableStream({
      pull(controller) {
        // Enough for several turns of the event loop.
        if (++chunks > 60_000) controller.close();
        else controller.enqueue(chunk);
      },
    }),
  );
  await next(source, 'error');
  expect(timer).not.toHaveBeenCalled();
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FetchEventSource } from '../src/index.js';
import { delay } from '../src/reconnect/delay.js';
import { connect, next } from './scripted.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Whether the wait is over after each of these steps, which are in milliseconds. */
async function steps(wait: Promise<void>, ...milliseconds: number[]): Promise<boolean[]> {
  let isOver = false;
  void wait.then(() => {
    isOver = true;
  });
  const log: boolean[] = [];
  for (const step of milliseconds) {
    await vi.advanceTimersByTimeAsync(step);
    log.push(isOver);
  }
  return log;
}

test('rule 36: waits for the whole time, and no longer', async () => {
  const { signal } = new AbortController();
  expect(await steps(delay({ least: 100, total: 3000 }, signal), 2999, 1)).toEqual([false, true]);
});

test('a wait of 0 still takes a task', async () => {
  const { signal } = new AbortController();
  let isOver = false;
  const wait = delay({ least: 0, total: 0 }, signal).then(() => {
    isOver = true;
  });
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await wait;
});

test('T7: a wait longer than timers can count is not cut short', async () => {
  const { signal } = new AbortController();
  const month = 31 * 24 * 3600 * 1000;
  expect(
    await steps(delay({ least: month, total: month }, signal), 1, 2 ** 31 - 1, month - 2 ** 31 - 1, 1),
  ).toEqual([false, false, false, true]);
});

test('T7: an endless wait goes on', async () => {
  const { signal } = new AbortController();
  expect(await steps(delay({ least: Infinity, total: Infinity }, signal), 2 ** 31, 2 ** 31)).toEqual([
    false,
    false,
  ]);
});

test('ends at once when aborted, leaving no timer and no listener behind', async () => {
  const controller = new AbortController();
  const wait = delay({ least: 1000, total: 1000 }, controller.signal);
  await vi.advanceTimersByTimeAsync(10);
  controller.abort();
  await wait;
  expect(vi.getTimerCount()).toBe(0);
});

test('rule 37: being online again cuts the extra short', async () => {
  const { signal } = new AbortController();
  const target = globalThis as { addEventListener?: unknown };
  const page = new EventTarget();
  const remove = vi.spyOn(page, 'removeEventListener');
  const { addEventListener, removeEventListener } = globalThis;
  // Node has no such methods, and a real page's are left alone
  Object.assign(target, {
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  });
  try {
    const early = delay({ least: 1000, total: 5000 }, signal);
    const late = delay({ least: 1000, total: 5000 }, signal);
    expect(await steps(early, 500)).toEqual([false]);
    page.dispatchEvent(new Event('online'));
    expect(await steps(early, 499, 1)).toEqual([false, true]);
    await late;
    const second = delay({ least: 1000, total: 5000 }, signal);
    expect(await steps(second, 3000)).toEqual([false]);
    page.dispatchEvent(new Event('online'));
    expect(await steps(second, 0)).toEqual([true]);
    expect(remove).toHaveBeenCalledTimes(3);
  } finally {
    Object.assign(target, { addEventListener, removeEventListener });
  }
});

test('rule 38: a source that is closed while it waits makes no further request', async () => {
  let requests = 0;
  const source = connect('https://example.org/', {
    fetch: async () => {
      requests++;
      throw new TypeError('down');
    },
  });
  const error = next(source, 'error');
  await vi.advanceTimersByTimeAsync(10);
  await error;
  source.close();
  await vi.advanceTimersByTimeAsync(100_000);
  expect([requests, source.readyState, vi.getTimerCount()]).toEqual([1, FetchEventSource.CLOSED, 0]);
});

test('T16: a source that reconnects for hours accumulates no listeners', async () => {
  const controller = new AbortController();
  const add = vi.spyOn(controller.signal, 'addEventListener');
  connect('https://example.org/', {
    signal: controller.signal,
    fetch: async () => {
      throw new TypeError('down');
    },
  });
  await vi.advanceTimersByTimeAsync(3 * 3600 * 1000);
  expect(add).toHaveBeenCalledTimes(1);
});

test('fake timers that leave the clock alone end a wait, and a wait of months, too', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { signal } = new AbortController();
  expect(await steps(delay({ least: 0, total: 60_000 }, signal), 59_999, 1)).toEqual([false, true]);
  const month = 31 * 24 * 3600 * 1000;
  expect(await steps(delay({ least: 0, total: month }, signal), month - 1, 1)).toEqual([false, true]);
});

test('a timer that fires a little early is armed once more', async () => {
  const { signal } = new AbortController();
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  const wait = delay({ least: 100, total: 100 }, signal);
  now.mockReturnValue(98);
  expect(await steps(wait, 100, 1, 1)).toEqual([false, false, true]);
  now.mockRestore();
});

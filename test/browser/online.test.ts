import { expect, test } from 'vitest';
import { connect, next, script } from '../scripted.js';

/** Longer than any test takes. */
const FOR_EVER = 1e9;

/** When each attempt started. */
function clocked(): { times: number[]; fetch: typeof fetch } {
  const times: number[] = [];
  return {
    times,
    fetch(input, init) {
      times.push(performance.now());
      return fetch(input, init);
    },
  };
}

const beOnline = () => window.dispatchEvent(new Event('online'));

test('rule 37: being online again ends the extra wait, but not the reconnection time', async () => {
  const served = await script({}, { after: 'hold' });
  const { times, fetch } = clocked();
  const source = connect(served.url, {
    fetch,
    reconnect: { reconnectionTime: 300, shouldReconnect: () => FOR_EVER },
  });
  let waitsFrom = Number.NaN;
  source.onerror = () => {
    waitsFrom = performance.now();
  };
  const { reconnectIn } = await next<Event & { reconnectIn: number }>(source, 'error');
  expect(reconnectIn).toBe(FOR_EVER);
  beOnline();
  await next(source, 'open');
  expect(times).toHaveLength(2);
  // The page's clock is coarse.
  expect(Number(times[1]) - waitsFrom).toBeGreaterThanOrEqual(299);
});

test('rule 37: being online again after the reconnection time connects at once', async () => {
  const served = await script({}, { after: 'hold' });
  const source = connect(served.url, {
    reconnect: { reconnectionTime: 0, shouldReconnect: () => FOR_EVER },
  });
  await next(source, 'error');
  beOnline();
  await next(source, 'open');
});

test('rule 37: being online again does not disturb an open source, nor a closed one', async () => {
  const [held, ended] = [await script({ after: 'hold' }), await script({})];
  const open = connect(held.url);
  const closed = connect(ended.url, {
    reconnect: { reconnectionTime: 0, shouldReconnect: () => FOR_EVER },
  });
  await Promise.all([next(open, 'open'), next(closed, 'error')]);
  closed.close();
  beOnline();
  // One event later, nothing else has happened.
  const message = next(open, 'message');
  await held.push('data: a\n\n');
  await message;
  expect(await held.requests()).toHaveLength(1);
  expect(await ended.requests()).toHaveLength(1);
});

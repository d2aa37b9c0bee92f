import { describe, expect, test, vi } from 'vitest';
import { hold } from '../plain-signals.js';
import { connect } from '../scripted.js';

describe('a signal that many sources share', () => {
  const listen = (signal: AbortSignal) => {
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    return () => added.mock.calls.length - removed.mock.calls.length;
  };

  test('has one listener for all of them, and closes them all', async () => {
    const controller = new AbortController();
    const listeners = listen(controller.signal);
    const init = { fetch: hold, signal: controller.signal };
    const sources = Array.from({ length: 12 }, () => connect('https://example.org/', init));
    expect(listeners()).toBe(1);
    sources[0]?.close();
    expect(listeners()).toBe(1);
    controller.abort();
    expect(sources.map(({ readyState }) => readyState)).toEqual(Array(12).fill(2));
  });

  test('has none when the last of them is closed, and one again for the next source', () => {
    const controller = new AbortController();
    const listeners = listen(controller.signal);
    const init = { fetch: hold, signal: controller.signal };
    const sources = Array.from({ length: 3 }, () => connect('https://example.org/', init));
    for (const source of sources) source.close();
    expect(listeners()).toBe(0);
    const source = connect('https://example.org/', init);
    expect(listeners()).toBe(1);
    controller.abort();
    expect(source.readyState).toBe(2);
  });
});

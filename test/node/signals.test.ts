import { describe, expect, test, vi } from 'vitest';
import { connect, eventStream } from '../scripted.js';

/** A signal as polyfills for React Native make it: no reason, no throwIfAborted(), and abort() drops its argument. */
class PlainController {
  readonly signal = Object.assign(new EventTarget(), { aborted: false }) as unknown as AbortSignal;

  abort(): void {
    if (this.signal.aborted) return;
    Object.assign(this.signal, { aborted: true });
    this.signal.dispatchEvent(new Event('abort'));
  }
}

const hold = async () => eventStream(new ReadableStream());

async function drain(source: AsyncIterable<unknown>): Promise<unknown> {
  try {
    for await (const _event of source);
    return undefined;
  } catch (error) {
    return error;
  }
}

test('throws an Error of that name where there is no DOMException', async () => {
  vi.stubGlobal('DOMException', undefined);
  try {
    const controller = new PlainController();
    const source = connect('https://example.org/', { fetch: hold, signal: controller.signal });
    const thrown = drain(source);
    controller.abort();
    expect(await thrown).toMatchObject({ name: 'AbortError' });
  } finally {
    vi.unstubAllGlobals();
  }
});

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

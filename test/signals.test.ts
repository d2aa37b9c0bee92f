import { describe, expect, test, vi } from 'vitest';
import { drain, hold, PlainController } from './plain-signals.js';
import { connect, eventStream, next } from './scripted.js';

describe('a signal without a reason', () => {
  test('closes the source, and a loop throws an AbortError', async () => {
    const controller = new PlainController();
    const source = connect('https://example.org/', { fetch: hold, signal: controller.signal });
    await next(source, 'open');
    const thrown = drain(source);
    controller.abort();
    expect(source.readyState).toBe(2);
    expect(await thrown).toMatchObject({ name: 'AbortError' });
  });

  test('that was aborted before closes the source, and a later loop throws an AbortError', async () => {
    const controller = new PlainController();
    controller.abort();
    const source = connect('https://example.org/', { fetch: hold, signal: controller.signal });
    expect(source.readyState).toBe(2);
    expect(await drain(source)).toMatchObject({ name: 'AbortError' });
  });
});

test('where every AbortController is such a one, reconnect() connects again and close() ends', async () => {
  vi.stubGlobal('AbortController', PlainController);
  try {
    const fetch = vi.fn(async () => eventStream(new ReadableStream()));
    const source = connect('https://example.org/', { fetch });
    await next(source, 'open');
    source.reconnect();
    await next(source, 'open');
    expect(fetch).toHaveBeenCalledTimes(2);
    source.close();
    expect(source.readyState).toBe(2);
  } finally {
    vi.unstubAllGlobals();
  }
});

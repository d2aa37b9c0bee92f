import { describe, expect, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceError } from '../src/index.js';
import { connect, eventStream, next, record, script, settle } from './scripted.js';

type ErrorEventLike = Event & {
  error: FetchEventSourceError;
  message: string;
  status?: number;
  code?: number;
  reconnectIn?: number;
};

/** The next error event, with the state that the listener saw. */
async function nextError(source: FetchEventSource) {
  let readyState: number | undefined;
  source.addEventListener('error', () => (readyState ??= source.readyState), { once: true });
  const event = await next<ErrorEventLike>(source, 'error');
  return { event, readyState };
}

/** A fetch that answers each attempt with the next of these, and repeats the last. */
const answers = (...responses: ((init: RequestInit) => Response | Promise<Response>)[]): typeof fetch => {
  let attempt = 0;
  return async (_url, init) =>
    (responses[Math.min(attempt++, responses.length - 1)] as (init: RequestInit) => Response)(init ?? {});
};

const never = () => new Promise<Response>(() => {});

/** Pages cannot tell the one from the other. */
const FAILED = globalThis.location ? 'Connection failed, or refused by CORS' : 'Connection failed';

describe('what a response means', () => {
  test('rule 6, T2: an AbortError that is not ours fails, with an error of code "aborted"', async () => {
    const cause = Object.assign(new Error('gone'), { name: 'AbortError' });
    const source = connect('https://example.org/', { fetch: () => Promise.reject(cause), reconnect: true });
    const { event, readyState } = await nextError(source);
    expect(readyState).toBe(FetchEventSource.CLOSED);
    expect(event.error).toMatchObject({ name: 'FetchEventSourceError', code: 'aborted', cause });
    expect(event.reconnectIn).toBeUndefined();
  });

  test('T2: a TimeoutError is an ordinary network error', async () => {
    const cause = Object.assign(new Error('slow'), { name: 'TimeoutError' });
    const source = connect('https://example.org/', { fetch: () => Promise.reject(cause) });
    const { event, readyState } = await nextError(source);
    expect(readyState).toBe(FetchEventSource.CONNECTING);
    expect(event.error).toMatchObject({ code: 'network', cause });
  });

  test('T2: an AbortError in the middle of the body fails as well', async () => {
    const cause = Object.assign(new Error('gone'), { name: 'AbortError' });
    const body = new ReadableStream({ pull: (controller) => controller.error(cause) });
    const source = connect('https://example.org/', {
      fetch: answers(() => ({ ...plain(200), body }) as Response),
    });
    const { event, readyState } = await nextError(source);
    expect(readyState).toBe(FetchEventSource.CLOSED);
    expect(event.error.code).toBe('aborted');
  });

  test('rule 7: any other network error reestablishes', async () => {
    const source = connect('https://example.org/', {
      fetch: answers(
        () => Promise.reject(new TypeError('fetch failed')),
        () => eventStream('data: back\n\n'),
      ),
      reconnect: { reconnectionTime: 1, maxBackoff: 1 },
    });
    const { event, readyState } = await nextError(source);
    expect(readyState).toBe(FetchEventSource.CONNECTING);
    expect(event.error.code).toBe('network');
    expect(event.reconnectIn).toBeGreaterThan(0);
    expect((await next(source, 'message')).data).toBe('back');
  });

  test('the message has the code of the underlying error, but not its text', async () => {
    const cause = new TypeError('fetch failed', {
      cause: Object.assign(new Error('connect to a secret'), { code: 'ECONNREFUSED' }),
    });
    const { event } = await nextError(
      connect('https://example.org/', { fetch: () => Promise.reject(cause) }),
    );
    expect(event).toMatchObject({ message: `${FAILED} (ECONNREFUSED)`, error: { cause } });
  });

  test.each([Symbol('ECONNREFUSED'), 'Bearer secret', 20])(
    'the message has no code that the system does not have: %s',
    async (code) => {
      const cause = Object.assign(new TypeError(), { cause: { code } });
      const { event } = await nextError(
        connect('https://example.org/', { fetch: () => Promise.reject(cause) }),
      );
      expect(event.error).toMatchObject({ message: FAILED, cause });
    },
  );

  test('a connection that breaks is lost, and did not fail', async () => {
    const fetch = async () =>
      eventStream(new ReadableStream({ pull: (it) => it.error(new TypeError('secret')) }));
    const { event } = await nextError(connect('https://example.org/', { fetch }));
    expect(event).toMatchObject({ message: 'Connection lost', error: { code: 'network' } });
  });

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['string', 'data: to-ken\n\n'],
    ['object', {}],
    ['object', { statusCode: 200, headers: { 'content-type': 'text/event-stream' } }],
    ['function', () => new Response()],
  ])('a fetch that answers %s, which is no Response, fails at once and says so', async (kind, answer) => {
    for (const reconnect of [undefined, true]) {
      const fetch = vi.fn(async () => answer as Response);
      const source = connect('https://example.org/', { fetch, reconnect });
      const { event, readyState } = await nextError(source);
      expect(readyState).toBe(FetchEventSource.CLOSED);
      expect(event.message).toBe(`fetch: got ${kind}, not a Response`);
      expect(fetch).toHaveBeenCalledTimes(1);
    }
  });

  test.each([
    ['UND_ERR_INVALID_ARG', '(UND_ERR_INVALID_ARG)'],
    ['UND_ERR_NOT_SUPPORTED', '(UND_ERR_NOT_SUPPORTED)'],
    [undefined, '(blocked port)'],
  ])('a cause that no attempt can mend fails at once (%s)', async (code, expected) => {
    for (const method of ['GET', 'POST']) {
      const cause = Object.assign(new Error(code ? 'secret' : 'bad port'), code ? { code } : {});
      const fetch = async () => Promise.reject(new TypeError('fetch failed', { cause }));
      const source = connect('https://example.org/', { fetch, method });
      const { event, readyState } = await nextError(source);
      expect([readyState, event.error.code]).toEqual([FetchEventSource.CLOSED, 'network']);
      expect(event.message).toContain(expected);
    }
  });

  test('a server cannot have a status taken for such a cause', async () => {
    const headers = { 'Content-Type': 'blocked port' };
    const fetch = async () => new Response(null, { status: 503, headers });
    const { readyState } = await nextError(connect('https://example.org/', { fetch, reconnect: true }));
    expect(readyState).toBe(FetchEventSource.CONNECTING);
  });

  test('rule 7: a fetch that throws synchronously is a network error, reported after the constructor', async () => {
    const source = connect('https://example.org/', {
      fetch: () => {
        throw new Error('no');
      },
    });
    expect(source.readyState).toBe(FetchEventSource.CONNECTING);
    const { event } = await nextError(source);
    expect(event.error.code).toBe('network');
  });

  test('rule 8: a response without a status, as for a redirect that was not followed, fails', async () => {
    const source = connect('https://example.org/', { fetch: answers(() => plain(0)) });
    const { event, readyState } = await nextError(source);
    expect([readyState, event.error.code]).toEqual([FetchEventSource.CLOSED, 'http-status']);
  });

  test('the fetch option is called without a this, as a page’s own fetch must be', async () => {
    let self: unknown = 'not called';
    const fetch = async function (this: unknown) {
      self = this;
      return eventStream('data: a\n\n');
    };
    await next(connect('https://example.org/', { fetch }), 'open');
    expect(self).toBeUndefined();
  });

  test.each([204, 205, 210, 299, 404, 410, 500, 503])('rule 8: the status %i fails', async (status) => {
    const source = connect('https://example.org/', { fetch: answers(() => plain(status)) });
    const { event, readyState } = await nextError(source);
    expect(readyState).toBe(FetchEventSource.CLOSED);
    expect(event).toMatchObject({ status, code: status, reconnectIn: undefined });
    expect(event.error).toMatchObject({ code: 'http-status', status });
    // Otherwise every log that shows an error in full shows the response too: its URL, the cookies that it sets.
    expect(Object.keys(event.error)).not.toContain('response');
    expect(event.error.response?.status).toBe(status);
    expect(event.message).toBe(
      `Expected 200 text/event-stream, got ${status} text/event-stream from https://example.org/`,
    );
  });

  test('a refusal names origin and path, but no user, password, query or fragment', async () => {
    const url = 'https://user:pass-word@example.org:8443/a/b?key=to-ken&x=//y@z#to-ken';
    for (const from of ['', 'https://user:pass-word@example.org:8443/a/b?to-ken#to-ken']) {
      const response = Object.defineProperty(plain(503), 'url', { value: from });
      const { event } = await nextError(connect(url, { fetch: async () => response }));
      expect(event.message).toBe(
        'Expected 200 text/event-stream, got 503 text/event-stream from https://example.org:8443/a/b',
      );
    }
  });

  test('a type that a server makes up is shown fit to print', async () => {
    const type = `text/\x9b31m\x7f${'x'.repeat(500)}`;
    const fetch = async () => eventStream('', { headers: { 'Content-Type': type } });
    const { event } = await nextError(connect('https://example.org/', { fetch }));
    expect(event.message).toContain('got 200 text/\\x9B31m\\x7Fxxx');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
    expect(event.message).not.toMatch(/[\0-\x1f\x7f-\x9f]|x{100}/);
  });

  test.each([...Array(12).keys()])(
    'T23: a response that arrives %i microtasks before close() is cancelled, whatever fetch does with its signal',
    async (count) => {
      const cancel = vi.fn();
      let answer!: (response: Response) => void;
      const fetch = vi.fn(
        () =>
          new Promise<Response>((resolve) => {
            answer = resolve;
          }),
      );
      const source = connect('https://example.org/', { fetch, connectTimeout: 60_000 });
      await expect.poll(() => fetch.mock.calls.length).toBe(1);
      answer(eventStream(new ReadableStream({ cancel })));
      for (let turn = 0; turn < count; turn++) await undefined;
      source.close();
      await expect.poll(() => cancel.mock.calls.length).toBe(1);
    },
  );

  test.each([
    'text/event-stream',
    'TEXT/Event-Stream',
    'text/event-stream;',
    'text/event-stream; charset=utf-8',
    'text/event-stream;charset=windows-1252',
    'text/event-stream ; x=y',
    // A proxy has set the header again.
    'text/event-stream, text/event-stream',
    'text/event-stream; charset=utf-8, text/event-stream',
    'text/event-stream, ',
    'text/event-stream; x="a, b"',
    'text/event-stream; x="a\\"b"',
    'text/event-stream;charset="utf-8',
  ])('rule 9: the content type %j opens', async (type) => {
    const source = connect('https://example.org/', {
      fetch: answers(() => plain(200, { 'Content-Type': type })),
    });
    await next(source, 'open');
    expect(source.readyState).toBe(FetchEventSource.OPEN);
  });

  test.each([
    'text/event-stream-x',
    'x-text/event-stream',
    'text/html',
    'text/event-stream, text/html',
    'text/event-stream; charset=utf-8, text/html',
    'text/event',
    '',
    'text/ event-stream',
    'text/html; x="a, text/event-stream',
    'text/html; x="a\\", text/event-stream"',
    'text/html, text/event-stream',
    'text/event-stream;charset="utf-8", text/html',
    'text/event-stream;a=b,c',
    'text/event-stream\xa0',
  ])('rule 9: the content type %j fails', async (type) => {
    const source = connect('https://example.org/', {
      fetch: answers(() => plain(200, { 'Content-Type': type })),
    });
    const { event, readyState } = await nextError(source);
    expect(readyState).toBe(FetchEventSource.CLOSED);
    expect(event.error).toMatchObject({ code: 'content-type', status: 200 });
  });

  test('rule 27: a response with a relative URL, as from mocks, has the origin of the request', async () => {
    const response = Object.defineProperty(eventStream('data: a\n\n'), 'url', { value: '/feed' });
    const source = connect('https://example.org/', { fetch: async () => response });
    expect((await next(source, 'message')).origin).toBe('https://example.org');
  });

  test('a body with another kind of cancel() does no harm', async () => {
    const body = { cancel: () => {} };
    const response = { status: 503, headers: new Headers(), body } as unknown as Response;
    const source = connect('https://example.org/', { fetch: async () => response });
    expect((await nextError(source)).readyState).toBe(FetchEventSource.CLOSED);
  });

  test('rule 9: a response without a content type fails', async () => {
    const source = connect('https://example.org/', { fetch: answers(() => plain(200, {})) });
    expect((await nextError(source)).event.error.code).toBe('content-type');
  });

  test.each([301, 302, 303, 307, 308])(
    'rules 10 and 27: a %i is followed, and origin is the final one',
    async (status) => {
      const target = await script({ chunks: ['data: there\n\n'], after: 'hold' });
      const from = await script({ status, headers: { Location: target.url } });
      const source = connect(from.url);
      const event = await next(source, 'message');
      expect(event.data).toBe('there');
      expect(event.origin).toBe(new URL(target.url).origin);
      expect(source.url).toBe(from.url);
      source.close();
      // Firefox frees a redirected connection only at the next byte, and opens at most six to a server.
      await target.push(':\n');
    },
  );

  test('rule 11: a body that ends cleanly reestablishes', async () => {
    const served = await script({ chunks: ['data: a\n\n'] });
    const source = connect(served.url);
    const { event, readyState } = await nextError(source);
    expect(readyState).toBe(FetchEventSource.CONNECTING);
    expect(event.error.code).toBe('end-of-stream');
  });

  test('rule 11: a body that breaks midway reestablishes, and the unfinished event is lost', async () => {
    const served = await script(
      { chunks: ['data: a\n\ndata: ha'], after: 'hold' },
      { chunks: ['data: b\n\n'], after: 'hold' },
    );
    const source = connect(served.url, { reconnect: { reconnectionTime: 1 } });
    const log = record(source);
    await next(source, 'message');
    const second = next(source, 'message');
    await served.cut();
    await second;
    expect(log).toEqual(['open:1', 'message:a', 'error:0', 'open:1', 'message:b']);
  });

  test('T3: a null body is an empty stream', async () => {
    const response = { ...plain(200), body: null } as Response;
    const source = connect('https://example.org/', { fetch: answers(() => response), reconnect: false });
    const log = record(source);
    const { event } = await nextError(source);
    expect(log).toEqual(['open:1', 'error:2']);
    expect(event.error.code).toBe('end-of-stream');
  });

  test.each([undefined, 'text', {}])(
    'T3: a body that is no stream (%j) fails, with the code "no-body"',
    async (body) => {
      const response = { ...plain(200), body } as unknown;
      const source = connect('https://example.org/', {
        fetch: answers(() => response as Response),
        reconnect: true,
      });
      const { event, readyState } = await nextError(source);
      expect(readyState).toBe(FetchEventSource.CLOSED);
      expect(event.error.code).toBe('no-body');
    },
  );

  test('T23: the body of a refused response is cancelled', async () => {
    const cancelled = new Promise<void>((resolve) => {
      const body = new ReadableStream({ cancel: () => resolve() });
      connect('https://example.org/', { fetch: answers(() => ({ ...plain(404), body }) as Response) });
    });
    await cancelled;
  });

  test('T23: the body of a refused response is the listener’s if it starts to read at once', async () => {
    const served = await script({
      status: 400,
      headers: { 'Content-Type': 'application/json' },
      chunks: ['{"why":1}'],
    });
    const source = connect(served.url);
    const why = await new Promise((resolve) => {
      source.onerror = (event) => resolve(event.error?.response?.json());
    });
    expect(why).toEqual({ why: 1 });
  });

  test('T23: close() cancels the body even if the fetch ignores its signal', async () => {
    const cancelled = new Promise<void>((resolve) => {
      const body = new ReadableStream({ cancel: () => resolve() });
      const source = connect('https://example.org/', {
        fetch: answers(() => ({ ...plain(200), body }) as Response),
      });
      source.onopen = () => source.close();
    });
    await cancelled;
  });

  test.each([200, 500])('T23: a %i is cancelled whenever close() comes after it', async (status) => {
    for (let turns = 0; turns < 12; turns++) {
      const cancelled = new Promise<void>((resolve) => {
        const body = new ReadableStream({ cancel: () => resolve() });
        const source = connect('https://example.org/', {
          fetch: async () => {
            void (async () => {
              for (let turn = 0; turn < turns; turn++) await undefined;
              source.close();
            })();
            return { ...plain(status), body } as Response;
          },
        });
      });
      await cancelled;
    }
  });

  test('T23: a response that comes after close() is cancelled and not announced', async () => {
    let answer: ((response: Response) => void) | undefined;
    const source = connect('https://example.org/', {
      fetch: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    const log = record(source);
    await expect.poll(() => answer).toBeDefined();
    source.close();
    await new Promise<void>((resolve) => {
      const body = new ReadableStream({ cancel: () => resolve() });
      answer?.({ ...plain(200), body } as Response);
    });
    expect(log).toEqual([]);
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
  });
});

describe('states and events', () => {
  test('T1: nothing is requested or fired before the constructor’s caller could add listeners', async () => {
    let requests = 0;
    const source = connect('https://example.org/', {
      fetch: async () => {
        requests++;
        return eventStream('data: a\n\n');
      },
    });
    expect(requests).toBe(0);
    expect(await next(source, 'open')).toBeInstanceOf(Event);
  });

  test('T1: an already aborted signal means CLOSED, no request and no event', async () => {
    let requests = 0;
    const controller = new AbortController();
    controller.abort();
    const source = connect('https://example.org/', {
      signal: controller.signal,
      fetch: async () => {
        requests++;
        return eventStream('data: a\n\n');
      },
    });
    const log = record(source);
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
    await new Promise((resolve) => setTimeout(resolve));
    expect([requests, log]).toEqual([0, []]);
  });

  test('rule 31: open comes first, in the state OPEN, with every connection', async () => {
    const served = await script({ chunks: ['data: a\n\n'] }, { chunks: ['data: b\n\n'], after: 'hold' });
    const source = connect(served.url, { reconnect: { reconnectionTime: 1 } });
    const log = record(source);
    await next(source, 'message', (event) => event.data === 'b');
    expect(log).toEqual(['open:1', 'message:a', 'error:0', 'open:1', 'message:b']);
  });

  test('rule 31: the open event has the response', async () => {
    const served = await script({ headers: { 'X-Version': '7' }, after: 'hold' });
    const source = connect(served.url);
    const { response } = await next<Event & { response: Response }>(source, 'open');
    expect([response.status, response.headers.get('X-Version')]).toEqual([200, '7']);
  });

  test('rule 32: the next request starts only after the error event was handled', async () => {
    let requests = 0;
    const source = connect('https://example.org/', {
      fetch: async () => {
        requests++;
        return eventStream(requests === 1 ? 'data: a\n\n' : 'data: b\n\n');
      },
      reconnect: { reconnectionTime: 0 },
    });
    await next(source, 'error');
    expect(requests).toBe(1);
    await next(source, 'message', (event) => event.data === 'b');
  });

  test('rules 33 and 34: after a failure nothing more happens', async () => {
    const served = await script({ status: 404 });
    const source = connect(served.url);
    const log = record(source);
    const { readyState } = await nextError(source);
    expect(readyState).toBe(FetchEventSource.CLOSED);
    source.reconnect();
    source.close();
    await new Promise((resolve) => setTimeout(resolve));
    expect(log).toEqual(['error:2']);
    expect(await served.requests()).toHaveLength(1);
  });

  test('rule 35: the error event neither bubbles nor can be cancelled', async () => {
    const served = await script({ status: 404 });
    const { event } = await nextError(connect(served.url));
    expect([event.type, event.bubbles, event.cancelable]).toEqual(['error', false, false]);
  });

  test('rule 27: a message event has all the standard’s properties', async () => {
    const served = await script({ chunks: ['event: news\nid: 7\ndata: a\ndata: b\n\n'], after: 'hold' });
    const source = connect(served.url);
    const event = await next(source, 'news');
    expect(event).toBeInstanceOf(MessageEvent);
    expect(event).toMatchObject({
      type: 'news',
      data: 'a\nb',
      lastEventId: '7',
      origin: new URL(served.url).origin,
      bubbles: false,
      cancelable: false,
    });
  });

  test('T10: all listeners of a chunk run before reactions to the promises that they resolve', async () => {
    const order: string[] = [];
    const source = connect('https://example.org/', {
      fetch: answers(() => eventStream('data: a\n\ndata: b\n\n'), never),
    });
    source.onmessage = ({ data }) => {
      order.push(data);
      void Promise.resolve().then(() => order.push(`after ${data}`));
    };
    await next(source, 'error');
    expect(order).toEqual(['a', 'b', 'after a', 'after b']);
  });
});

describe('close()', () => {
  test('rule 41: aborts the request at once, silently, and only once', async () => {
    let signal: AbortSignal | null | undefined;
    const source = connect('https://example.org/', {
      fetch: (_url, init) => {
        signal = init?.signal;
        return never();
      },
    });
    const log = record(source);
    while (!signal) await Promise.resolve();
    source.close();
    expect([source.readyState, signal.aborted]).toEqual([FetchEventSource.CLOSED, true]);
    source.close();
    await new Promise((resolve) => setTimeout(resolve));
    expect(log).toEqual([]);
  });

  test('rules 29 and 41, T8: in the middle of a chunk it drops the rest and keeps the last event ID', async () => {
    const source = connect('https://example.org/', {
      fetch: answers(() => eventStream('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n')),
    });
    const log = record(source);
    source.addEventListener('message', (event) => event.data === 'b' && source.close());
    await next(source, 'message', (event) => event.data === 'b');
    await new Promise((resolve) => setTimeout(resolve));
    expect(log).toEqual(['open:1', 'message:a', 'message:b']);
    expect(source.lastEventId).toBe('2');
  });

  test('rule 41: in the open event, no message follows', async () => {
    const source = connect('https://example.org/', { fetch: answers(() => eventStream('data: a\n\n')) });
    const log = record(source);
    source.onopen = () => source.close();
    await next(source, 'open');
    await new Promise((resolve) => setTimeout(resolve));
    expect(log).toEqual(['open:1']);
  });

  test('rules 38 and 41, T16: in the error event, no attempt follows', async () => {
    let requests = 0;
    const source = connect('https://example.org/', {
      fetch: async () => {
        requests++;
        return eventStream('data: a\n\n');
      },
      reconnect: { reconnectionTime: 0 },
    });
    source.onerror = () => source.close();
    await next(source, 'error');
    await settle();
    expect(requests).toBe(1);
  });

  test('rule 41: a comment listener that closes the source drops the events after the comment', async () => {
    const comments: string[] = [];
    let tell = () => {};
    const commented = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const source: FetchEventSource = connect('https://example.org/', {
      fetch: answers(() => eventStream(': bye\nid: 1\ndata: a\n\n')),
      onComment: (comment) => {
        comments.push(comment);
        source.close();
        tell();
      },
    });
    const log = record(source);
    // In Firefox, the stream's bytes may come some tasks after `open`.
    await commented;
    await new Promise((resolve) => setTimeout(resolve));
    expect([comments, log, source.lastEventId]).toEqual([[' bye'], ['open:1'], '']);
  });

  test('rule 41: aborting the caller’s signal is close()', async () => {
    const controller = new AbortController();
    const served = await script({ after: 'hold' });
    const source = connect(served.url, { signal: controller.signal });
    const log = record(source);
    await next(source, 'open');
    controller.abort();
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
    await expect.poll(served.open).toBe(0);
    expect(log).toEqual(['open:1']);
  });

  test('T16: no listener stays on the caller’s signal after close() or a failure', async () => {
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (type: string, listener: never) => {
      listeners.add(listener);
      add(type, listener);
    };
    signal.removeEventListener = (type: string, listener: never) => {
      listeners.delete(listener);
      remove(type, listener);
    };
    const failing = connect('https://example.org/', { signal, fetch: answers(() => plain(404)) });
    const closing = connect('https://example.org/', { signal, fetch: never });
    await next(failing, 'error');
    expect(listeners.size).toBe(1);
    closing.close();
    expect(listeners.size).toBe(0);
  });

  test('rule 41: nothing is fired after it, at whatever microtask it comes', async () => {
    for (let turns = 0; turns < 60; turns++) {
      const source = connect('https://example.org/', {
        fetch: answers(
          () => eventStream('data: a\n\ndata: b\n\n'),
          () => plain(404),
        ),
        reconnect: { reconnectionTime: 0 },
      });
      const log = record(source);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      source.close();
      const before = [...log];
      await new Promise((resolve) => setTimeout(resolve));
      expect([turns, log, source.readyState]).toEqual([turns, before, FetchEventSource.CLOSED]);
    }
  });

  test('rule 41: a chunk that was read but not yet interpreted is dropped', async () => {
    let give: ((chunk: unknown) => void) | undefined;
    const reader = {
      read: () =>
        new Promise((resolve) => {
          give = (value) => resolve({ done: false, value });
        }),
      cancel: async () => {},
    };
    const body = { getReader: () => reader } as never;
    const source = connect('https://example.org/', { fetch: answers(() => ({ ...plain(200), body })) });
    const log = record(source);
    await next(source, 'open');
    await expect.poll(() => give).toBeDefined();
    give?.(new TextEncoder().encode('id: 1\ndata: a\n\n'));
    source.close();
    await new Promise((resolve) => setTimeout(resolve));
    expect([log, source.lastEventId]).toEqual([['open:1'], '']);
  });

  test('rule 41: after close() during an asynchronous decision, no event follows', async () => {
    let settle: (answer: boolean) => void = () => {};
    const source = connect('https://example.org/', {
      fetch: answers(() => eventStream('data: a\n\n')),
      reconnect: {
        shouldReconnect: () =>
          new Promise((resolve) => {
            settle = resolve;
          }),
      },
    });
    const log = record(source);
    await next(source, 'message');
    await new Promise((resolve) => setTimeout(resolve));
    settle(false);
    source.close();
    await new Promise((resolve) => setTimeout(resolve));
    expect(log).toEqual(['open:1', 'message:a']);
  });
});

/** A response as plain as a custom fetch may make it, with only what the library reads. */
function plain(status: number, headers: Record<string, string> = { 'Content-Type': 'text/event-stream' }) {
  const { body } = new Response('data: a\n\n');
  return { status, headers: new Headers(headers), url: '', body } as Response;
}

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { EventSourceErrorEvent, FetchEventSource } from '../src/index.js';
import { connect, next, record } from './scripted.js';

const URL_STRING = 'http://source.test/stream';
const ATTRIBUTES = ['onopen', 'onmessage', 'onerror'] as const;

const isHappyDom = 'happyDOM' in globalThis;
const isJsdom = /jsdom/.test(globalThis.navigator?.userAgent);

/** A source that never opens. */
const idle = () => connect(URL_STRING, { fetch: () => new Promise(() => {}) });

/** A source of this stream, which stays open after the text. */
function stream(text: string): FetchEventSource {
  const fetch = async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  };
  return connect(URL_STRING, { fetch });
}

/** Fires an event of the attribute's type. */
const fire = (source: EventTarget, attribute: string) => source.dispatchEvent(new Event(attribute.slice(2)));

/** A log, and functions that write their name into it. */
function makeLog() {
  const log: string[] = [];
  return { log, say: (name: string) => () => void log.push(name) };
}

describe.each(ATTRIBUTES)('the event handler attribute %s', (attribute) => {
  const type = attribute.slice(2);

  test('rule 46: is null by default', () => {
    expect(idle()[attribute]).toBeNull();
  });

  test('rule 46: gives back the function that was set, and null after null', () => {
    const source = idle();
    const handler = () => {};
    source[attribute] = handler;
    expect(source[attribute]).toBe(handler);
    source[attribute] = null;
    expect(source[attribute]).toBeNull();
  });

  test.each([undefined, 0, 5, '', 'alert(1)', true, Symbol('handler'), {}, { handleEvent: () => {} }])(
    'rule 46: makes null of what is no function (%o)',
    (value) => {
      const source = idle();
      const handler = vi.fn();
      source[attribute] = handler;
      source[attribute] = value as never;
      expect(source[attribute]).toBeNull();
      fire(source, attribute);
      expect(handler).not.toHaveBeenCalled();
    },
  );

  test('rule 46: is called once per event, with the event, and with the source as `this` and currentTarget', () => {
    const source = idle();
    const calls: unknown[][] = [];
    source[attribute] = function (this: unknown, ...args: Event[]) {
      calls.push([this, args.length, args[0]?.type, args[0]?.currentTarget, args[0]?.target]);
    };
    fire(source, attribute);
    expect(calls).toEqual([[source, 1, type, source, source]]);
    for (const index of [0, 3, 4]) expect(calls[0]?.[index]).toBe(source);
  });

  test('rule 46: keeps its place among the listeners when a function replaces another', () => {
    const source = idle();
    const { log, say } = makeLog();
    source.addEventListener(type, say('before'));
    source[attribute] = say('first');
    source.addEventListener(type, say('after'));
    source[attribute] = say('second');
    fire(source, attribute);
    expect(log).toEqual(['before', 'second', 'after']);
  });

  test.each([null, 'no function'])('rule 46: moves to the end when set after %o', (nothing) => {
    const source = idle();
    const { log, say } = makeLog();
    source[attribute] = say('handler');
    source.addEventListener(type, say('listener'));
    source[attribute] = nothing as never;
    source[attribute] = say('handler again');
    fire(source, attribute);
    expect(log).toEqual(['listener', 'handler again']);
  });

  test('rule 46: takes no place by being set to null before it had a function', () => {
    const source = idle();
    const { log, say } = makeLog();
    source[attribute] = null;
    source.addEventListener(type, say('listener'));
    source[attribute] = say('handler');
    fire(source, attribute);
    expect(log).toEqual(['listener', 'handler']);
  });

  test('rule 46: setting the same function again changes nothing', () => {
    const source = idle();
    const { log, say } = makeLog();
    const handler = say('handler');
    source[attribute] = handler;
    source.addEventListener(type, say('listener'));
    source[attribute] = handler;
    fire(source, attribute);
    expect(log).toEqual(['handler', 'listener']);
  });

  test('T17: a function that is both attribute and listener is called twice, each time in its place', () => {
    const source = idle();
    const { log, say } = makeLog();
    const both = say('both');
    source.addEventListener(type, both);
    source.addEventListener(type, say('between'));
    source[attribute] = both;
    fire(source, attribute);
    expect(log).toEqual(['both', 'between', 'both']);
  });

  test('T17: removeEventListener() with its function does not unset it', () => {
    const source = idle();
    const handler = vi.fn();
    source[attribute] = handler;
    source.removeEventListener(type, handler);
    expect(source[attribute]).toBe(handler);
    fire(source, attribute);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('T17: setting it to null leaves the same function alone where it is a listener', () => {
    const source = idle();
    const handler = vi.fn();
    source.addEventListener(type, handler);
    source[attribute] = handler;
    source[attribute] = null;
    fire(source, attribute);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('T17: what an earlier listener sets it to is called for the same event', () => {
    const source = idle();
    const { log, say } = makeLog();
    source.addEventListener(type, () => {
      source[attribute] = say('new');
    });
    source[attribute] = say('old');
    fire(source, attribute);
    expect(log).toEqual(['new']);
  });

  test('T17: it is not called if an earlier listener sets it to null', () => {
    const source = idle();
    const handler = vi.fn();
    source.addEventListener(type, () => {
      source[attribute] = null;
    });
    source[attribute] = handler;
    fire(source, attribute);
    expect(handler).not.toHaveBeenCalled();
  });

  test('T17: stopImmediatePropagation() in it skips the listeners after it', () => {
    const source = idle();
    const { log, say } = makeLog();
    source.addEventListener(type, say('before'));
    source[attribute] = (event: Event) => event.stopImmediatePropagation();
    source.addEventListener(type, say('after'));
    fire(source, attribute);
    expect(log).toEqual(['before']);
  });

  test('rule 46: belongs to its own source and its own type', () => {
    const [source, other] = [idle(), idle()];
    const handler = vi.fn();
    source[attribute] = handler;
    fire(other, attribute);
    for (const another of ATTRIBUTES) {
      if (another === attribute) continue;
      fire(source, another);
      expect(source[another]).toBeNull();
    }
    fire(source, 'onnamed');
    expect(other[attribute]).toBeNull();
    expect(handler).not.toHaveBeenCalled();
  });

  test('rule 46: may be set when the source is closed', () => {
    const source = idle();
    source.close();
    const handler = () => {};
    source[attribute] = handler;
    expect(source[attribute]).toBe(handler);
  });
});

describe('named events', () => {
  const TEXT =
    'data: a\n\nevent: named\ndata: b\n\nevent: message\ndata: c\n\nevent: Message\ndata: d\n\ndata: end\n\n';

  test('rule 30: onmessage gets only those of type message', async () => {
    const source = stream(TEXT);
    const data: string[] = [];
    source.onmessage = (event) => data.push(event.data);
    await next(source, 'message', (event) => event.data === 'end');
    expect(data).toEqual(['a', 'c', 'end']);
  });

  test('rule 30: a named event reaches only its own listeners', async () => {
    const source = stream(TEXT);
    const log = record(source, 'named', 'Message', 'NAMED');
    await next(source, 'message', (event) => event.data === 'end');
    expect(log).toEqual(['open:1', 'message:a', 'named:b', 'message:c', 'Message:d', 'message:end']);
  });

  // happy-dom's own dispatchEvent() calls every such property.
  test.skipIf(isHappyDom)('rule 30: an onnamed property is not an event handler attribute', async () => {
    const source = stream(TEXT);
    const onnamed = vi.fn();
    Object.assign(source, { onnamed });
    await next(source, 'message', (event) => event.data === 'end');
    expect(onnamed).not.toHaveBeenCalled();
  });
});

describe('events that the server names like ours', () => {
  const EXTRAS = ['error', 'message', 'status', 'code', 'reconnectIn', 'response'];

  test.each(['error', 'open'] as const)(
    'T11: "event: %s" reaches listener and attribute as a message without extras, and the source stays OPEN',
    async (type) => {
      const source = stream(`id: 7\nevent: ${type}\ndata: from the server\n\n`);
      const isMessage = (event: Event) => 'data' in event;
      const handler = vi.fn();
      source[`on${type}`] = (event: Event) => isMessage(event) && handler(event);
      const event = await next(source, type, isMessage);
      expect(event).toBeInstanceOf(MessageEvent);
      expect(event).toMatchObject({ type, data: 'from the server', lastEventId: '7' });
      for (const extra of EXTRAS) expect(Reflect.get(event, extra)).toBeUndefined();
      expect(handler.mock.calls).toEqual([[event]]);
      expect(source.readyState).toBe(1);
    },
  );

  test('T11: an error of ours has its extras, beside one from the server', async () => {
    const fetch = async () =>
      new Response('event: error\ndata: theirs\n\n', { headers: { 'Content-Type': 'text/event-stream' } });
    const source = connect(URL_STRING, { fetch, reconnect: false });
    const errors: (string | undefined)[] = [];
    source.onerror = (event: EventSourceErrorEvent) => errors.push(event.error?.code);
    await next(source, 'error', () => source.readyState === 2);
    expect(errors).toEqual([undefined, 'end-of-stream']);
  });
});

describe('close() in a listener', () => {
  test('T9: the other listeners of the same event still run, the next event is dropped', async () => {
    const source = stream('data: a\n\ndata: b\n\n');
    const { log, say } = makeLog();
    source.addEventListener('message', say('before'));
    source.addEventListener('message', () => source.close());
    source.onmessage = say('handler');
    source.addEventListener('message', say('after'));
    await next(source, 'message');
    // Long enough for the second event, which came in the same chunk.
    await next(stream('data: a\n\ndata: b\n\n'), 'message', (event) => event.data === 'b');
    expect(log).toEqual(['before', 'handler', 'after']);
    expect(source.readyState).toBe(2);
  });

  test('T9: in one open listener, it does not keep the event from the others', async () => {
    const source = stream('data: a\n\n');
    const log = record(source);
    source.onopen = () => source.close();
    const after = vi.fn();
    source.addEventListener('open', after);
    await next(source, 'open');
    await next(stream('data: a\n\n'), 'message');
    expect(log).toEqual(['open:1']);
    expect(after).toHaveBeenCalledTimes(1);
  });

  test('T9: in one error listener, it does not keep the event from the others', async () => {
    const fetch = vi.fn(async () => {
      throw new TypeError('no network');
    });
    const source = connect(URL_STRING, { fetch, reconnect: { reconnectionTime: 0, maxBackoff: 0 } });
    const log = record(source);
    source.onerror = () => source.close();
    const after = vi.fn();
    source.addEventListener('error', after);
    await next(source, 'error');
    await next(stream('data: a\n\n'), 'message');
    expect(log).toEqual(['error:0']);
    expect(after).toHaveBeenCalledTimes(1);
    expect(fetch).toHaveBeenCalledTimes(1);
  });
});

/**
 * Hides the exceptions that the platform reports from the test runner, and returns the one for which the test holds.
 */
function nextReported(expected: unknown): Promise<void> {
  return new Promise((resolve) => {
    // In browsers, vitest prints what others handle.
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => print.mockRestore());
    const onReport = (exception: unknown) => {
      if (exception === expected) resolve();
    };
    // Without a page, or with one that leaves exceptions to Node.
    const { process } = globalThis;
    if (process?.rawListeners) {
      const name = 'uncaughtException';
      const listeners = process.rawListeners(name) as NodeJS.UncaughtExceptionListener[];
      process.removeAllListeners(name);
      process.on(name, onReport);
      onTestFinished(() => {
        process.removeAllListeners(name);
        for (const listener of listeners) process.on(name, listener);
      });
    }
    const { window } = globalThis;
    const onError = (event: ErrorEvent) => {
      event.preventDefault();
      onReport(event.error);
    };
    window?.addEventListener('error', onError);
    onTestFinished(() => window?.removeEventListener('error', onError));
  });
}

// Under vitest, jsdom reports it only to its own console, whatever the target.
describe.skipIf(isJsdom)('a listener that throws', () => {
  const exception = new Error('thrown by a listener');
  const fail = () => {
    throw exception;
  };

  test.each(['open', 'message', 'named', 'error'])(
    'T19: is reported, and neither the stream nor the connection is lost (%s)',
    async (type) => {
      const fetch = async () =>
        new Response('data: a\n\nevent: named\ndata: b\n\ndata: c\n\n', {
          headers: { 'Content-Type': 'text/event-stream' },
        });
      const reported = nextReported(exception);
      const source = connect(URL_STRING, { fetch, reconnect: { reconnectionTime: 1 } });
      const log = record(source, 'named');
      const secondEnd = next(source, 'error', () => log.length >= 10);
      source.addEventListener(type, fail);
      await Promise.all([reported, secondEnd]);
      const once = ['open:1', 'message:a', 'named:b', 'message:c', 'error:0'];
      expect(log.slice(0, 10)).toEqual([...once, ...once]);
    },
  );

  // Under vitest, happy-dom's dispatchEvent() throws into its caller and skips the other listeners.
  test.skipIf(isHappyDom).each(['open', 'message', 'error'])(
    'T19: does not keep the event from the other listeners (%s)',
    async (type) => {
      const reported = nextReported(exception);
      const source = connect(URL_STRING, {
        fetch: async () => new Response('data: a\n\n', { headers: { 'Content-Type': 'text/event-stream' } }),
      });
      const { log, say } = makeLog();
      source.addEventListener(type, say('before'));
      source.addEventListener(type, fail);
      source[`on${type as 'open'}`] = say('handler');
      source.addEventListener(type, say('after'));
      await next(source, 'error');
      await reported;
      expect(log).toEqual(['before', 'handler', 'after']);
    },
  );

  test('T19: is also reported when it is the attribute, which stays set', async () => {
    const reported = nextReported(exception);
    const source = stream('data: a\n\ndata: b\n\n');
    const second = next(source, 'message', (event) => event.data === 'b');
    source.onmessage = fail;
    await Promise.all([reported, second]);
    expect(source.onmessage).toBe(fail);
    expect(source.readyState).toBe(1);
  });

  test('T19: is not dispatched as an error of the connection', async () => {
    const reported = nextReported(exception);
    const source = stream('data: a\n\ndata: b\n\n');
    const onerror = vi.fn();
    source.onerror = onerror;
    const second = next(source, 'message', (event) => event.data === 'b');
    source.addEventListener('message', fail, { once: true });
    await Promise.all([reported, second]);
    expect(onerror).not.toHaveBeenCalled();
  });
});

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceInit } from '../src/index.js';
import { connect, next, script } from './scripted.js';

const URL_STRING = 'http://source.test/stream';
const { prototype } = FetchEventSource;

const held = { after: 'hold' } as const;

/** A transport that never answers. */
const silent: typeof fetch = () => new Promise(() => {});

/** A source that never opens. The URL may be anything, as for callers without types. */
const create = (url: unknown, init: FetchEventSourceInit = {}) =>
  connect(url as string, { fetch: silent, ...init });

/** What the function throws. */
function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (exception) {
    return exception;
  }
  throw new Error('Nothing was thrown');
}

function expectSyntaxError(url: unknown): void {
  const exception = thrownBy(() => create(url));
  expect(exception).toBeInstanceOf(DOMException);
  expect(exception).toHaveProperty('name', 'SyntaxError');
}

const ATTRIBUTES = {
  readOnly: ['url', 'withCredentials', 'readyState', 'lastEventId', 'reconnectionTime'],
  handlers: ['onopen', 'onmessage', 'onerror'],
};
const METHODS = ['close', 'reset', 'reconnect'] as const;

describe('rule 1: the URL', () => {
  test.each(['http://', 'http://host:port/', 'http://[1::2::3]/', '//'])(
    'rule 1: %j is a SyntaxError DOMException',
    expectSyntaxError,
  );

  // Pages and workers have a base URL.
  test.runIf(!globalThis.location)(
    'rule 1: without a base URL every relative URL is a SyntaxError DOMException',
    () => {
      for (const url of ['', 'stream', '/stream', '?query', '//host/stream', undefined, null, 42])
        expectSyntaxError(url);
    },
  );

  test('rule 1: an object is stringified once, then parsed', () => {
    const stringify = vi.fn(() => 'HTTP://Source.test/a b');
    expect(create({ toString: stringify }).url).toBe('http://source.test/a%20b');
    expect(stringify).toHaveBeenCalledTimes(1);
  });

  test('rule 1: what stringifying throws is thrown unchanged', () => {
    const reason = new Error('no string');
    const stringify = () => {
      throw reason;
    };
    expect(thrownBy(() => create({ toString: stringify }))).toBe(reason);
    expect(thrownBy(() => create(Symbol('url')))).toBeInstanceOf(TypeError);
  });

  test('rule 1: a URL object works like its string, and changing it later has no effect', () => {
    const url = new URL(URL_STRING);
    const source = create(url);
    url.pathname = '/other';
    expect(source.url).toBe(URL_STRING);
  });

  test('rule 1: the exception does not show the password or the query of the URL', () => {
    const exception = thrownBy(() => create('http://user:pass-word@[bad/?token=to-ken'));
    expect(`${exception} ${(exception as Error).stack?.split('\n')[0]}`).not.toMatch(/pass-word|to-ken/);
    expect((exception as Error).cause).toBeUndefined();
  });
});

describe('rule 51: the base URL', () => {
  const withBase = (href: string) => {
    const base = document.head.appendChild(document.createElement('base'));
    onTestFinished(() => base.remove());
    base.href = href;
  };

  test.runIf(globalThis.document)('rule 51: in a page it is document.baseURI', () => {
    withBase('http://base.test/directory/page?query');
    expect(create('stream?a=1').url).toBe('http://base.test/directory/stream?a=1');
    expect(create('/stream').url).toBe('http://base.test/stream');
    expect(create('//other.test/stream').url).toBe('http://other.test/stream');
    expect(create(URL_STRING).url).toBe(URL_STRING);
  });

  test.runIf(globalThis.document)(
    'rule 1: what is no string is stringified before it meets the base URL',
    () => {
      withBase('http://base.test/directory/');
      expect(create(null).url).toBe('http://base.test/directory/null');
      expect(create(undefined).url).toBe('http://base.test/directory/undefined');
      expect(create(42).url).toBe('http://base.test/directory/42');
      expect(create('').url).toBe('http://base.test/directory/');
    },
  );

  test.runIf(globalThis.document)('rule 51: a later change of it does not move a source', () => {
    withBase('http://base.test/directory/');
    const source = create('stream');
    withBase('http://late.test/');
    expect(source.url).toBe('http://base.test/directory/stream');
  });

  test.runIf(!globalThis.document)('rule 51: where there is no document it is location.href', () => {
    vi.stubGlobal('location', new URL('http://worker.test/scripts/worker.js'));
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(create('stream').url).toBe('http://worker.test/scripts/stream');
  });
});

describe('rule 52: hosts', () => {
  test.each([
    'http://this is invalid/',
    'https://this is invalid/',
    'http://a%20b/',
    'http://a<b/',
    'http://a>b/',
    'http://a^b/',
    'http://a|b/',
    'http://a%25b/',
    'http://a%00b/',
  ])('rule 52: %s is a SyntaxError DOMException', expectSyntaxError);

  test.each([
    ['http://[::1]:8080/', 'http://[::1]:8080/'],
    ['http://BÜCHER.test/', 'http://xn--bcher-kva.test/'],
    ['http://us%20er@source.test/a%20b?c%20d#e%20f', 'http://us%20er@source.test/a%20b?c%20d#e%20f'],
    ['http://under_score.test/', 'http://under_score.test/'],
    // With a scheme that only a caller's fetch may know, and that escapes hosts.
    ['http+unix://%2Frun%2Fa.sock/events', 'http+unix://%2Frun%2Fa.sock/events'],
  ])('rule 52: %s is fine', (url, expected) => {
    expect(create(url).url).toBe(expected);
  });
});

describe('rule 2: withCredentials', () => {
  test('rule 2: is false by default', () => {
    expect(create(URL_STRING).withCredentials).toBe(false);
    expect(create(URL_STRING, { withCredentials: undefined }).withCredentials).toBe(false);
    expect(new FetchEventSource('data:,', undefined).withCredentials).toBe(false);
  });

  test('rule 2: comes from the init, converted as in the standard, and stays', () => {
    const init: FetchEventSourceInit = { withCredentials: true };
    const source = create(URL_STRING, init);
    init.withCredentials = false;
    expect(source.withCredentials).toBe(true);
    source.close();
    expect(source.withCredentials).toBe(true);
    expect(create(URL_STRING, { withCredentials: 1 as never }).withCredentials).toBe(true);
    expect(create(URL_STRING, { withCredentials: 0 as never }).withCredentials).toBe(false);
  });

  test('rule 2: does not reflect the credentials option', () => {
    expect(create(URL_STRING, { credentials: 'include' }).withCredentials).toBe(false);
    expect(create(URL_STRING, { withCredentials: true, credentials: 'omit' }).withCredentials).toBe(true);
  });
});

describe('rule 3: on return of the constructor', () => {
  const answerAtOnce = async () =>
    new Response('data: a\n\n', { headers: { 'Content-Type': 'text/event-stream' } });

  test('rule 3: the source is CONNECTING, and a listener that is added at once misses no event', async () => {
    const source = connect(URL_STRING, { fetch: answerAtOnce });
    expect(source.readyState).toBe(0);
    const events: string[] = [];
    for (const type of ['open', 'message', 'error'])
      source.addEventListener(type, () => events.push(`${type}:${source.readyState}`));
    await next(source, 'error');
    expect(events).toEqual(['open:1', 'message:1', 'error:0']);
  });

  test('T1: nothing is dispatched from inside the constructor', () => {
    const dispatched = vi.fn();
    class Eager extends FetchEventSource {
      override dispatchEvent(event: Event): boolean {
        dispatched(event.type);
        return super.dispatchEvent(event);
      }
    }
    const source = new Eager(URL_STRING, {
      fetch: () => {
        throw new TypeError('at once');
      },
    });
    expect(source.readyState).toBe(0);
    expect(dispatched).not.toHaveBeenCalled();
    source.close();
  });

  test('T1: an aborted signal means CLOSED, no request and no event', async () => {
    const signal = AbortSignal.abort();
    const fetch = vi.fn(answerAtOnce);
    const source = connect(URL_STRING, { fetch, signal });
    const onEvent = vi.fn();
    for (const type of ['open', 'message', 'error']) source.addEventListener(type, onEvent);
    expect(source.readyState).toBe(2);
    // By then, another source that was started later has had all its events.
    await next(connect(URL_STRING, { fetch: answerAtOnce }), 'error');
    expect(fetch).not.toHaveBeenCalled();
    expect(onEvent).not.toHaveBeenCalled();
  });
});

describe('rule 5: url', () => {
  test('rule 5: is the serialized URL of the constructor, with its fragment, user and password', () => {
    expect(create('HTTP://Source.test:80/a/../b?ü#f').url).toBe('http://source.test/b?%C3%BC#f');
    expect(create('http://user:password@source.test').url).toBe('http://user:password@source.test/');
  });

  test('rule 5: stays after a redirect', async () => {
    const target = await script({ chunks: ['data: a\n\n'], ...held });
    const stream = await script({ status: 302, headers: { Location: target.url } });
    const source = connect(stream.url);
    await next(source, 'message');
    expect(source.url).toBe(stream.url);
    source.close();
    expect(source.url).toBe(stream.url);
  });
});

test("the class says which options it takes, as LaunchDarkly's SDKs ask", () => {
  const { supportedOptions } = FetchEventSource;
  expect(supportedOptions).toEqual({ headers: true, method: true, withCredentials: true });
  expect(() => Object.assign(FetchEventSource, { supportedOptions: {} })).toThrow(TypeError);
});

test('the class says that it takes a fetch, and keeps saying so', () => {
  const marker = Symbol.for('eventsource.supports-fetch-override');
  expect(Object.getOwnPropertyDescriptor(FetchEventSource, marker)).toEqual({
    value: true,
    writable: false,
    enumerable: false,
    configurable: false,
  });
});

describe('rules 45 and 50: the constants', () => {
  const CONSTANTS = [
    ['CONNECTING', 0],
    ['OPEN', 1],
    ['CLOSED', 2],
  ] as const;

  test.each(CONSTANTS)('rule 45: %s is %i on the class and on instances', (name, value) => {
    expect(FetchEventSource[name]).toBe(value);
    expect(create(URL_STRING)[name]).toBe(value);
  });

  test.each(CONSTANTS)('rule 45: %s cannot be assigned', (name, value) => {
    const source = create(URL_STRING);
    for (const object of [FetchEventSource, prototype, source]) {
      expect(thrownBy(() => Object.assign(object, { [name]: 7 }))).toBeInstanceOf(TypeError);
      expect(object[name]).toBe(value);
    }
  });

  test.each(CONSTANTS)(
    'rule 50: %s is enumerable, neither writable nor configurable, on class and prototype',
    (name, value) => {
      const descriptor = { value, enumerable: true, writable: false, configurable: false };
      expect(Object.getOwnPropertyDescriptor(FetchEventSource, name)).toEqual(descriptor);
      expect(Object.getOwnPropertyDescriptor(prototype, name)).toEqual(descriptor);
      expect(Object.hasOwn(create(URL_STRING), name)).toBe(false);
    },
  );
});

describe('rules 47 and 50: attributes and methods', () => {
  test.each(ATTRIBUTES.readOnly)('rule 47: %s is a getter without a setter', (name) => {
    const source = create(URL_STRING);
    const before = Reflect.get(source, name);
    expect(Object.getOwnPropertyDescriptor(prototype, name)).toMatchObject({
      get: expect.any(Function),
      set: undefined,
      enumerable: true,
      configurable: true,
    });
    expect(thrownBy(() => Object.assign(source, { [name]: 'changed' }))).toBeInstanceOf(TypeError);
    expect(Reflect.get(source, name)).toBe(before);
  });

  test.each(ATTRIBUTES.handlers)('rule 50: %s is an enumerable property of the prototype', (name) => {
    expect(Object.getOwnPropertyDescriptor(prototype, name)).toMatchObject({
      get: expect.any(Function),
      set: expect.any(Function),
      enumerable: true,
      configurable: true,
    });
  });

  test.each(METHODS)('rule 50: %s() is an enumerable property of the prototype', (name) => {
    expect(Object.getOwnPropertyDescriptor(prototype, name)).toMatchObject({
      value: expect.any(Function),
      writable: true,
      enumerable: true,
      configurable: true,
    });
    expect(prototype[name]).toHaveLength(0);
  });

  test('rule 50: fromReadableStream, which is static, is enumerable too', () => {
    expect(Object.getOwnPropertyDescriptor(FetchEventSource, 'fromReadableStream')).toMatchObject({
      writable: true,
      enumerable: true,
      configurable: true,
    });
  });

  test('rule 50: for…in over a source finds all of them, and not the constructor', () => {
    const names: string[] = [];
    for (const name in create(URL_STRING)) names.push(name);
    expect(names).toEqual(
      expect.arrayContaining([...ATTRIBUTES.readOnly, ...ATTRIBUTES.handlers, ...METHODS, 'CONNECTING']),
    );
    expect(names).not.toContain('constructor');
  });

  test('rule 50: instances have no own properties beyond those of any EventTarget', () => {
    const source = create(URL_STRING);
    source.onmessage = () => {};
    const target = new EventTarget();
    target.addEventListener('message', () => {});
    expect(Reflect.ownKeys(source)).toEqual(Reflect.ownKeys(target));
  });

  test.each([...ATTRIBUTES.readOnly, ...ATTRIBUTES.handlers])(
    'rule 50: the accessors of %s throw a TypeError for a foreign object',
    (name) => {
      const { get, set } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
      for (const foreign of [{}, new EventTarget(), prototype, Object.create(create(URL_STRING))]) {
        expect(thrownBy(() => get?.call(foreign))).toBeInstanceOf(TypeError);
        if (set) expect(thrownBy(() => set.call(foreign, null))).toBeInstanceOf(TypeError);
      }
    },
  );

  test.each(METHODS)('rule 50: %s() throws a TypeError for a foreign object', (name) => {
    expect(thrownBy(() => prototype[name].call({} as FetchEventSource))).toBeInstanceOf(TypeError);
  });
});

describe('rule 50: the class', () => {
  test('rule 50: its length is 1', () => {
    expect(FetchEventSource).toHaveLength(1);
  });

  test("rule 50: its name is the interface's", () => {
    expect(Object.getOwnPropertyDescriptor(FetchEventSource, 'name')).toEqual({
      value: 'EventSource',
      writable: false,
      enumerable: false,
      configurable: true,
    });
  });

  test('rule 50: there is a Symbol.toStringTag, "EventSource"', () => {
    expect(Object.prototype.toString.call(create(URL_STRING))).toBe('[object EventSource]');
    expect(Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)).toEqual({
      value: 'EventSource',
      writable: false,
      enumerable: false,
      configurable: true,
    });
  });

  test('rule 50: calling it without new throws a TypeError', () => {
    expect(thrownBy(() => Reflect.apply(FetchEventSource, undefined, [URL_STRING]))).toBeInstanceOf(
      TypeError,
    );
  });

  test('rule 50: it inherits from EventTarget', () => {
    expect(create(URL_STRING)).toBeInstanceOf(EventTarget);
    expect(Object.getPrototypeOf(prototype)).toBe(EventTarget.prototype);
    expect(Object.getPrototypeOf(FetchEventSource)).toBe(EventTarget);
  });

  test('rule 47: a subclass may add and override members', () => {
    class Counting extends FetchEventSource {
      closed = 0;
      override get url(): string {
        return `counting ${super.url}`;
      }
      override close(): void {
        this.closed++;
        super.close();
      }
    }
    const source = new Counting(URL_STRING, { fetch: silent });
    expect(source).toBeInstanceOf(FetchEventSource);
    expect(source.url).toBe(`counting ${URL_STRING}`);
    source.onerror = null;
    source.close();
    expect(source).toMatchObject({ closed: 1, readyState: 2 });
    expect([Counting.OPEN, source.OPEN]).toEqual([1, 1]);
  });

  test('rule 47: what is added to the prototype is there on instances', () => {
    const source = create(URL_STRING);
    Object.defineProperty(prototype, 'answer', { value: () => 42, configurable: true });
    onTestFinished(() => void Reflect.deleteProperty(prototype, 'answer'));
    expect((source as unknown as { answer(): number }).answer()).toBe(42);
  });

  test("rule 50: a source whose prototype is swapped for a subclass's is still a source", async () => {
    class Other extends FetchEventSource {
      get isOther(): boolean {
        return this.readyState < 2;
      }
    }
    const source = connect(URL_STRING, {
      fetch: async () => new Response('data: a\n\n', { headers: { 'Content-Type': 'text/event-stream' } }),
    });
    Object.setPrototypeOf(source, Other.prototype);
    expect((source as Other).isOther).toBe(true);
    expect((await next(source, 'message')).data).toBe('a');
    source.close();
    expect((source as Other).isOther).toBe(false);
  });
});

describe('rule 48: the proposed attributes', () => {
  test('rule 48: lastEventId is empty at first, or what the option says', () => {
    expect(create(URL_STRING).lastEventId).toBe('');
    expect(create(URL_STRING, { lastEventId: '7' }).lastEventId).toBe('7');
  });

  test('rule 48: reconnectionTime is 3000 at first, or what the option says', () => {
    expect(create(URL_STRING).reconnectionTime).toBe(3000);
    expect(create(URL_STRING, { reconnect: true }).reconnectionTime).toBe(3000);
    expect(create(URL_STRING, { reconnect: { reconnectionTime: 70 } }).reconnectionTime).toBe(70);
    expect(create(URL_STRING, { reconnect: { reconnectionTime: 0 } }).reconnectionTime).toBe(0);
  });

  test('rule 48: both follow the stream', async () => {
    const source = connect(URL_STRING, {
      fetch: async () =>
        new Response('id: 8\nretry: 1234567\ndata: a\n\n', {
          headers: { 'Content-Type': 'text/event-stream' },
        }),
    });
    await next(source, 'message');
    expect(source).toMatchObject({ lastEventId: '8', reconnectionTime: 1234567 });
  });
});

describe('Symbol.dispose', () => {
  const { dispose } = Symbol as { dispose?: symbol };

  test.runIf(dispose)('closes the source, as often as it is called', () => {
    const source = create(URL_STRING);
    const disposeSource = Reflect.get(source, dispose as symbol) as () => void;
    expect(disposeSource.call(source)).toBeUndefined();
    expect(source.readyState).toBe(2);
    disposeSource.call(source);
    expect(source.readyState).toBe(2);
  });

  test.runIf(dispose)('calls the close() of a subclass', () => {
    const close = vi.fn();
    class Sub extends FetchEventSource {
      override close() {
        super.close();
        close();
      }
    }
    const source = new Sub(URL_STRING, { fetch: () => new Promise(() => {}) });
    (Reflect.get(source, dispose as symbol) as () => void).call(source);
    expect(close).toHaveBeenCalledOnce();
  });

  test.runIf(dispose)('is a method of the prototype that for…in does not show', () => {
    expect(Object.getOwnPropertyDescriptor(prototype, dispose as symbol)).toMatchObject({
      enumerable: false,
    });
  });

  test.skipIf(dispose)('leaves no member named undefined where it does not exist', () => {
    expect('undefined' in prototype).toBe(false);
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EventSourceErrorEvent, FetchEventSourceInit } from '../../src/index.js';
import { whileVisible } from '../../src/visible.js';
import { connect, eventStream, next, record } from '../scripted.js';

type Fetch = NonNullable<FetchEventSourceInit['fetch']>;

const URL = 'https://a.test/';

/** A connection as the server sees it. */
interface Connection {
  readonly headers: Headers;
  readonly signal: AbortSignal;
  /** Sends this. */
  send(text: string): void;
  end(): void;
}

const connections: Connection[] = [];

/** A server whose streams stay open. */
const serve: Fetch = async (_url, { headers, signal }) => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string) => controller.enqueue(new TextEncoder().encode(text));
      signal.addEventListener('abort', () => controller.error(signal.reason));
      connections.push({ headers, signal, send, end: () => controller.close() });
    },
  });
  return eventStream(body);
};

const live = () => connections.filter(({ signal }) => !signal.aborted);
const newest = () => connections.at(-1) as Connection;

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

/** Lets everything happen that waits for no time. Of timers of 0 ms that follow each other, each takes one here. */
const turn = () => pass(5);

/** The clock goes on while no timer does, as when the machine sleeps; then timers go on. */
async function sleep(milliseconds: number) {
  vi.setSystemTime(Date.now() + milliseconds);
  await pass(1000);
  await turn();
}

/** A page. */
const page = {
  state: 'visible',
  set(state: string, ...types: string[]) {
    page.state = state;
    for (const type of ['visibilitychange', ...types]) page.fire(type);
  },
  fire(type: string, members = {}) {
    globalThis.dispatchEvent(Object.assign(new Event(type), members));
  },
};

function stubPage() {
  const target = new EventTarget();
  page.state = 'visible';
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent'] as const)
    vi.stubGlobal(name, target[name].bind(target));
  vi.stubGlobal('document', {
    baseURI: URL,
    get visibilityState() {
      return page.state;
    },
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', serve);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  connections.length = 0;
});

/** A source with an event, whose connection is open. */
async function open(options?: Parameters<typeof whileVisible>[0], init: FetchEventSourceInit = {}) {
  const source = connect(URL, { fetch: whileVisible(options), ...init });
  const log = record(source);
  await turn();
  newest().send('id: 7\ndata: a\n\n');
  await turn();
  expect(log).toEqual(['open:1', 'message:a']);
  log.length = 0;
  return { source, log };
}

describe('in a page', () => {
  beforeEach(stubPage);

  test('a connection is let go when the page has been hidden for long, and comes back when it is shown', async () => {
    const { source, log } = await open();
    page.set('hidden');
    await pass(58_000);
    expect(live()).toHaveLength(1);
    await pass(3000);
    expect([live().length, log]).toEqual([0, ['error:0']]);
    await pass(1e9);
    expect(connections).toHaveLength(1);
    page.set('visible');
    await turn();
    expect([connections.length, live().length]).toEqual([2, 1]);
    expect(newest().headers.get('Last-Event-ID')).toBe('7');
    newest().send('data: b\n\n');
    await turn();
    expect([log, source.readyState]).toEqual([['error:0', 'open:1', 'message:b'], 1]);
  });

  test('a page that is shown in time keeps its connection, and begins to count anew', async () => {
    await open({ silentFor: Infinity });
    for (let times = 0; times < 3; times++) {
      page.set('hidden');
      await pass(50_000);
      page.set('visible');
      await turn();
    }
    expect([connections.length, live().length]).toEqual([1, 1]);
  });

  test('attempts that follow each other in a hidden page go on counting', async () => {
    await open({ silentFor: Infinity }, { reconnect: { reconnectionTime: 10 } });
    page.set('hidden');
    for (let times = 0; times < 3; times++) {
      await pass(25_000);
      if (!newest().signal.aborted) newest().end();
    }
    await pass(1e6);
    expect(connections).toHaveLength(3);
    expect(live()).toHaveLength(0);
    page.set('visible');
    await turn();
    expect(live()).toHaveLength(1);
  });

  test('a page that has never been shown connects at first, and lets go as well', async () => {
    page.state = 'hidden';
    await open();
    await pass(61_000);
    expect(live()).toHaveLength(0);
    page.set('visible');
    await turn();
    expect(live()).toHaveLength(1);
  });

  test.each(['visibilitychange', 'pageshow', 'resume', 'online'])(
    'on %s a connection that has been silent for too long is ended at once',
    async (type) => {
      const { log } = await open();
      await pass(31_000);
      expect(live()).toHaveLength(1);
      page.fire(type);
      await turn();
      expect([connections.length, live().length, log]).toEqual([2, 1, ['error:0', 'open:1']]);
      expect(newest().headers.get('Last-Event-ID')).toBe('7');
    },
  );

  test('a connection that was heard of lately stays, and so does one that was heard of meanwhile', async () => {
    const { log } = await open();
    await pass(29_000);
    newest().send(': still here\n');
    await pass(29_000);
    page.fire('online');
    await turn();
    vi.setSystemTime(Date.now() + 100_000);
    // It has come while the page was frozen, and is read in the next turn.
    page.fire('resume');
    newest().send('data: b\n\n');
    await turn();
    expect([connections.length, log]).toEqual([1, ['message:b']]);
  });

  test('a page that enters the back/forward cache lets go, and connects again when it comes back', async () => {
    const { log } = await open();
    page.fire('pagehide', { persisted: true });
    page.set('hidden');
    await pass(1e6);
    expect([connections.length, live().length, log]).toEqual([1, 0, ['error:0']]);
    page.set('visible', 'pageshow');
    await turn();
    expect([connections.length, live().length]).toEqual([2, 1]);
  });

  test('a page that is left for good changes nothing', async () => {
    await open();
    page.fire('pagehide', { persisted: false });
    await turn();
    expect([connections.length, live().length]).toEqual([1, 1]);
  });

  test('a hidden page’s timers have gaps, of which none is a sleep', async () => {
    await open({ hiddenFor: Infinity });
    page.set('hidden');
    await sleep(100_000);
    expect([connections.length, live().length]).toEqual([1, 1]);
  });

  test('a closed source waits for nothing, and leaves no timer and no listener', async () => {
    const removed = vi.spyOn(globalThis, 'removeEventListener');
    const added = vi.spyOn(globalThis, 'addEventListener');
    const { source } = await open();
    page.set('hidden');
    await pass(61_000);
    source.close();
    page.set('visible');
    await turn();
    expect(connections).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(added.mock.calls.length);
  });

  test.each(['POST', 'PATCH'])('a %s is left alone', async (method) => {
    const { log } = await open({}, { method });
    page.set('hidden');
    await pass(1e6);
    page.set('visible');
    await turn();
    expect([connections.length, live().length, log]).toEqual([1, 1, []]);
  });

  test('a response that has not come is no exception', async () => {
    const fetch = vi.fn<Fetch>(() => new Promise(() => {}));
    connect(URL, { fetch: whileVisible({ fetch }) });
    await pass(31_000);
    page.fire('online');
    await turn();
    expect(fetch.mock.calls.map(([, { signal }]) => signal.aborted)).toEqual([true, false]);
  });
});

describe('without a page', () => {
  test('a gap in the clock ends a silent connection at once, and no failure is counted', async () => {
    const { log } = await open({}, { reconnect: { maxFailures: 1, reconnectionTime: 1e6 } });
    await sleep(60_000);
    expect([connections.length, live().length]).toEqual([2, 1]);
    await sleep(60_000);
    expect([connections.length, live().length]).toEqual([3, 1]);
    expect(log).toEqual(['error:0', 'open:1', 'error:0', 'open:1']);
  });

  test('silence alone ends nothing, however long', async () => {
    await open();
    await pass(1e7);
    expect([connections.length, live().length]).toEqual([1, 1]);
  });

  test('a reader that does not ask is no silence', async () => {
    const { source } = await open();
    source.onmessage = null;
    const loop = source[Symbol.asyncIterator]();
    newest().send('data: b\n\n'.repeat(100));
    await turn();
    await sleep(60_000);
    expect([connections.length, live().length]).toEqual([1, 1]);
    await loop.return?.();
  });

  test('a short sleep is none', async () => {
    await open();
    await sleep(20_000);
    expect([connections.length, live().length]).toEqual([1, 1]);
  });

  test('close() ends the request, and with it every timer', async () => {
    const { source } = await open();
    source.close();
    await turn();
    expect([live().length, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test('so does the end of a stream that somebody else reads', async () => {
    const { signal } = new AbortController();
    const response = await whileVisible()(URL, { headers: new Headers(), signal });
    newest().send('data: a\n\n');
    newest().end();
    expect(await new Response(response.body).text()).toBe('data: a\n\n');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('idleTimeout, reconnect() and a signal do what they do without it', async () => {
    const controller = new AbortController();
    const { source, log } = await open({}, { idleTimeout: 5000, signal: controller.signal });
    await pass(5001);
    expect(log).toEqual(['error:0']);
    source.reconnect();
    await turn();
    expect([connections.length, live().length]).toEqual([2, 1]);
    controller.abort();
    await turn();
    expect([source.readyState, live().length, vi.getTimerCount()]).toEqual([2, 0, 0]);
  });

  test('connectTimeout, too', async () => {
    const fetch = whileVisible({ fetch: () => new Promise(() => {}) });
    const source = connect(URL, { fetch, connectTimeout: 100, reconnect: false });
    const error = next<EventSourceErrorEvent>(source, 'error');
    await pass(101);
    expect((await error).error?.code).toBe('connect-timeout');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a refused response can be read, and a fetch that rejects is told as it is', async () => {
    vi.stubGlobal('fetch', async () => new Response('why', { status: 400 }));
    const refused = await next<EventSourceErrorEvent>(connect(URL, { fetch: whileVisible() }), 'error');
    expect([refused.status, vi.getTimerCount()]).toEqual([400, 0]);
    const cause = new TypeError('x');
    const broken = connect(URL, {
      fetch: whileVisible({ fetch: () => Promise.reject(cause) }),
      reconnect: false,
    });
    expect((await next<EventSourceErrorEvent>(broken, 'error')).error?.cause).toBe(cause);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('wrong options are a TypeError', () => {
  for (const options of [{ hiddenFor: -1 }, { silentFor: Number.NaN }, { fetch: 'x' as never }])
    expect(() => whileVisible(options)).toThrow(TypeError);
});

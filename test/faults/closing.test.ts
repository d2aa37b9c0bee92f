import { getEventListeners } from 'node:events';
import type { FetchEventSource } from 'eventsource-fetch';
import { expect, test, vi } from 'vitest';
import { aWhile, catchUncaught, connect, EAGER, expectQuiet, type Init, next, until } from './harness.js';
import { type Behaviour, end, head, hold, listen, status } from './server.js';

const never = () => new Promise<never>(() => {});

type Stop = () => void;

/** Where the source is stopped. The names say what is dispatched after that. */
interface Place {
  readonly behaviour: Behaviour;
  /** Options and listeners that stop the source at that point. Otherwise it is stopped once `when` holds. */
  readonly init?: (stop: Stop) => object;
  readonly listen?: (source: FetchEventSource, stop: Stop) => void;
  readonly when?: (source: FetchEventSource, requests: number) => unknown;
}

const events = 'id: 1\ndata: a\n\n: comment\nevent: named\ndata: b\n\nid: 3\ndata: c\n\n';
const stream = hold(head(), events);
const ended = end(head(), events);
const on =
  (type: string) =>
  (source: FetchEventSource, stop: Stop): void =>
    source.addEventListener(type, stop);

const places: Record<string, Place> = {
  'before it began': { behaviour: stream, when: () => true },
  'while it connects': { behaviour: () => {}, when: (_source, requests) => requests },
  'while headers() is pending': { behaviour: stream, init: () => ({ headers: never }), when: () => true },
  'while it is open and silent': { behaviour: hold(head()), when: (source) => source.readyState === 1 },
  'in the middle of an event': {
    behaviour: hold(head(), 'data: a\n\ndata: b'),
    listen: (source, stop) => source.addEventListener('message', () => setTimeout(stop)),
  },
  'while it waits': {
    behaviour: ended,
    init: () => ({ reconnect: { reconnectionTime: 1e6 } }),
    listen: (source, stop) => source.addEventListener('error', () => setTimeout(stop)),
  },
  'while shouldReconnect() is pending': {
    behaviour: ended,
    init: (stop) => ({ reconnect: { shouldReconnect: () => setTimeout(stop) && never() } }),
  },
  'in an open listener': { behaviour: stream, listen: on('open') },
  'in a message listener': { behaviour: stream, listen: on('message') },
  'in a listener for a type of its own': { behaviour: stream, listen: on('named') },
  'in an error listener, about to connect again': { behaviour: ended, listen: on('error') },
  'in an error listener, failed': { behaviour: hold(status('404 Not Found')), listen: on('error') },
  'in headers()': { behaviour: stream, init: (stop) => ({ headers: () => void stop() }) },
  'in body()': { behaviour: stream, init: (stop) => ({ method: 'POST', body: () => void stop() }) },
  'in fetch()': {
    behaviour: stream,
    init: (stop) => ({
      fetch: (url: string, init: RequestInit) => {
        stop();
        return fetch(url, init);
      },
    }),
  },
  'in onComment()': { behaviour: stream, init: (stop) => ({ onComment: stop }) },
  'in shouldReconnect()': {
    behaviour: ended,
    init: (stop) => ({ reconnect: { shouldReconnect: () => stop() } }),
  },
};

/** What is still dispatched to listeners after the one that stops the source. */
const EXPECTED: Record<string, string[]> = {
  'in the middle of an event': ['open', 'a'],
  'while it is open and silent': ['open'],
  'in an open listener': ['open'],
  'in a message listener': ['open', 'a'],
  'in a listener for a type of its own': ['open', 'a', 'b'],
  'in an error listener, failed': ['error'],
  'in onComment()': ['open', 'a'],
  'while shouldReconnect() is pending': ['open', 'a', 'b', 'c'],
  'in shouldReconnect()': ['open', 'a', 'b', 'c'],
  'while it waits': ['open', 'a', 'b', 'c', 'error'],
  'in an error listener, about to connect again': ['open', 'a', 'b', 'c', 'error'],
};

const stops = ['close()', 'an aborted signal'].flatMap((how) =>
  Object.keys(places).map((where): [how: string, where: string] => [how, where]),
);

test.each(stops)('%s stops it %s, for good and silently', async (how, where) => {
  const { behaviour, init, listen: hear, when } = places[where] as Place;
  const controller = new AbortController();
  const server = await listen(behaviour);
  const stop = () => {
    if (how === 'close()') source.close();
    else controller.abort(new Error('enough'));
  };
  const source: FetchEventSource = connect(server.url, {
    ...EAGER,
    signal: controller.signal,
    ...init?.(stop),
  } as Init);
  hear?.(source, stop);
  const log: string[] = [];
  for (const type of ['open', 'message', 'named', 'error'])
    source.addEventListener(type, (event) => void log.push((event as MessageEvent).data ?? type));
  if (when) {
    await (where === 'before it began' || until(() => when(source, server.requests.length)));
    stop();
    expect(source.readyState).toBe(2);
  }
  await until(() => source.readyState === 2);
  await expectQuiet(source, server);
  expect(log).toEqual(EXPECTED[where] ?? []);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('with a signal that is already aborted, nothing is requested or fired', async () => {
  const server = await listen(stream);
  const source = connect(server.url, { signal: AbortSignal.abort() });
  expect(source.readyState).toBe(2);
  await expectQuiet(source, server);
  expect(server.sockets).toEqual([]);
});

test('close() in one listener does not keep the event from the others', async () => {
  const server = await listen(stream);
  const source = connect(server.url);
  source.addEventListener('message', () => source.close());
  expect((await next(source, 'message')).data).toBe('a');
});

test('a second close(), or one after an abort, changes nothing', async () => {
  const controller = new AbortController();
  const server = await listen(stream);
  const source = connect(server.url, { signal: controller.signal });
  await next(source, 'open');
  controller.abort();
  source.close();
  source.close();
  await expectQuiet(source, server);
});

test('Symbol.dispose closes the source', async () => {
  const server = await listen(stream);
  const source = connect(server.url);
  await next(source, 'open');
  (source as unknown as Record<symbol, () => void>)[(Symbol as { dispose?: symbol }).dispose as symbol]?.();
  await expectQuiet(source, server);
});

test('close() and a new source to the same server do not disturb each other', async () => {
  const server = await listen(stream);
  for (let count = 0; count < 20; count++) {
    const source = connect(server.url);
    await next(source, 'open');
    source.close();
  }
  const last = connect(server.url);
  expect((await next(last, 'message')).data).toBe('a');
  await until(() => server.open() === 1);
});

const thrown = new Error('thrown by a listener');
const fail = () => {
  throw thrown;
};

test.each<[where: string, hear: (source: FetchEventSource) => unknown, init: Init]>([
  ['onopen', (source) => Object.assign(source, { onopen: fail }), {}],
  ['onmessage', (source) => Object.assign(source, { onmessage: fail }), {}],
  ['onerror', (source) => Object.assign(source, { onerror: fail }), {}],
  ['a listener', (source) => source.addEventListener('named', fail), {}],
  ['an object with handleEvent', (source) => source.addEventListener('message', { handleEvent: fail }), {}],
  ['an async listener', (source) => source.addEventListener('message', async () => fail()), {}],
  ['onComment', () => {}, { onComment: fail }],
])(
  '%s that throws is an uncaught exception, and costs neither an event nor the connection',
  async (_where, hear, init) => {
    const caught = catchUncaught();
    const server = await listen(end(head(), events), hold(head(), 'id: 4\ndata: d\n\n'));
    const source = connect(server.url, { ...EAGER, ...init });
    hear(source);
    const log: string[] = [];
    for (const type of ['open', 'message', 'named', 'error'])
      source.addEventListener(type, (event) => void log.push((event as MessageEvent).data ?? type));
    await until(() => log.includes('d') && caught.length);
    expect(log).toEqual(['open', 'a', 'b', 'c', 'error', 'open', 'd']);
    expect(new Set(caught)).toEqual(new Set([thrown]));
  },
);

test('events that a server names open, error and close are messages', async () => {
  const text = ['open', 'error', 'close'].map((type) => `event: ${type}\ndata: ${type}\n\n`).join('');
  const server = await listen(hold(head(), text));
  const source = connect(server.url);
  const log: string[] = [];
  for (const type of ['open', 'error', 'close'])
    source.addEventListener(type, (event) => void log.push(`${type}:${(event as MessageEvent).data}`));
  await until(() => log.length === 4);
  expect(log).toEqual(['open:undefined', 'open:open', 'error:error', 'close:close']);
  expect(source.readyState).toBe(1);
});

test.each<[when: string, behaviour: Behaviour]>([
  ['while it connects', () => {}],
  ['while it is open', hold(head(), 'id: 1\ndata: a\n\n')],
  ['while it waits', end(head(), 'id: 1\nretry: 100000\ndata: a\n\n')],
  ['while shouldReconnect() is pending', end(head(), 'id: 1\ndata: a\n\n')],
])('reconnect() %s connects anew at once, and holds one connection', async (when, behaviour) => {
  const server = await listen(behaviour, hold(head(), 'data: b\n\n'));
  const shouldReconnect = vi.fn(() => (/pending/.test(when) ? never() : undefined));
  const source = connect(server.url, { reconnect: { shouldReconnect } });
  const errors: unknown[] = [];
  if (/pending/.test(when)) await until(() => shouldReconnect.mock.calls.length);
  else if (/connects/.test(when)) await until(() => server.requests.length);
  else await next(source, /waits/.test(when) ? 'error' : 'message');
  source.addEventListener('error', ({ error, reconnectIn }) =>
    errors.push([error?.code, source.readyState, reconnectIn]),
  );
  source.reconnect();
  expect((await next(source, 'message')).data).toBe('b');
  expect(errors).toEqual([['aborted', 0, 0]]);
  await until(() => server.open() === 1);
  expect(server.requests).toHaveLength(2);
});

test.each(['open', 'message', 'error'])(
  'reconnect() in an %s listener, again and again, makes one connection at a time',
  async (type) => {
    let most = 0;
    const server = await listen((socket, request) => {
      most = Math.max(most, server.open());
      (type === 'error' ? ended : stream)(socket, request);
    });
    const source = connect(server.url, EAGER);
    source.addEventListener(type, () => source.reconnect());
    await until(() => server.requests.length >= 10);
    source.close();
    // A request may be on its way.
    await aWhile();
    await expectQuiet(source, server);
    expect(most).toBeLessThanOrEqual(2);
  },
);

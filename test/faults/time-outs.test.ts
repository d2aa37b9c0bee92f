import { expect, test, vi } from 'vitest';
import {
  agent,
  answers,
  aWhile,
  catchWarnings,
  collect,
  connect,
  EAGER,
  ending,
  globalDispatcher,
  type Init,
  listenOk,
  next,
  streamOf,
  until,
} from './harness.js';
import {
  type Behaviour,
  drip,
  end,
  head,
  hold,
  listen,
  listenTls,
  type OnAccept,
  resume,
  status,
} from './server.js';

const never = () => new Promise<never>(() => {});

/** A function that calls `make` the first time, and does nothing afterwards. */
const once = <T>(make: () => T) => {
  let calls = 0;
  return () => (calls++ ? undefined : make());
};

function* forever<T>(item: T) {
  for (;;) yield item;
}

const silent: Behaviour = () => {};

test.each<[what: string, behaviour: Behaviour | OnAccept, init: Init]>([
  ['a server that reads the request and says nothing', silent, {}],
  ['a server that never reads the request', { accept: (socket) => socket.pause() }, {}],
  ['headers that never end', drip(20, 'HTTP/1.1 200 OK\r\n', forever('X-Name: value\r\n')), {}],
  ['interim responses that never end', drip(20, '', forever(status('103 Early Hints'))), {}],
  [
    'a body that the server never reads',
    { accept: (socket) => socket.pause() },
    { method: 'POST', body: once(() => 'x'.repeat(2 ** 24)) },
  ],
  [
    'redirects in a slow circle',
    (socket) => setTimeout(() => socket.write(status(302, 'Location: /', 'Content-Length: 0')), 100),
    {},
  ],
  ['a headers function that never settles', resume('a'), { headers: once(never) }],
  ['a body function that never settles', resume('a'), { method: 'POST', body: once(never) }],
  [
    'a fetch that never settles and ignores its signal',
    resume('a'),
    { fetch: answers(never, () => streamOf('data: a\n\n')) },
  ],
])('connectTimeout ends an attempt with %s, and the next one succeeds', async (_what, behaviour, init) => {
  // The whole circle.
  const isCircle = /circle/.test(_what);
  let hasEnded = false;
  const ok = resume('a');
  const server = await listen(
    ...(isCircle
      ? ([
          (socket, request) => (hasEnded ? ok(socket, request) : (behaviour as Behaviour)(socket, request)),
        ] as Behaviour[])
      : [behaviour, ok]),
  );
  const source = connect(server.url, { ...EAGER, ...init, connectTimeout: 500 });
  const data = collect(source);
  const start = performance.now();
  const first = await ending(source);
  hasEnded = true;
  expect(first).toMatchObject({ code: 'connect-timeout', readyState: 0 });
  expect(first.at - start).toBeGreaterThanOrEqual(490);
  await until(() => data.includes('a'));
});

test('connectTimeout ends a TLS handshake that never ends', async () => {
  const server = await listen({ accept: (socket) => socket.resume() });
  const source = connect(server.url.replace('http', 'https'), { ...EAGER, connectTimeout: 200 });
  expect(await ending(source)).toMatchObject({ code: 'connect-timeout', readyState: 0 });
  expect(await ending(source)).toMatchObject({ code: 'connect-timeout', readyState: 0 });
});

test('connectTimeout frees the connection', async () => {
  const server = await listen(silent);
  const source = connect(server.url, { connectTimeout: 100 });
  await ending(source);
  await until(() => server.open() === 0);
});

test('a response that comes after connectTimeout is dropped and its body cancelled', async () => {
  const cancel = vi.fn();
  let answer: (response: Response) => void = () => {};
  const late = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  const fetch = answers(() => late, never);
  const source = connect('http://localhost/', { ...EAGER, connectTimeout: 50, fetch });
  const open = vi.fn();
  source.onopen = open;
  await ending(source);
  answer(streamOf(new ReadableStream({ cancel })));
  await until(() => cancel.mock.calls.length);
  expect(open).not.toHaveBeenCalled();
});

test('connectTimeout does not cut a stream that is open', async () => {
  const server = await listen(drip(600, head(), ['data: a\n\n']));
  const source = connect(server.url, { connectTimeout: 200 });
  const onerror = vi.fn();
  source.onerror = onerror;
  await next(source, 'message');
  expect(onerror).not.toHaveBeenCalled();
});

test('connectTimeout starts over with each attempt', async () => {
  const server = await listen(end(head()), drip(300, '', [head()]), drip(300, '', [`${head()}data: a\n\n`]));
  const source = connect(server.url, { ...EAGER, connectTimeout: 1000 });
  const codes: unknown[] = [];
  source.onerror = ({ error }) => void codes.push(error?.code);
  await until(() => server.requests.length === 2);
  source.reconnect();
  await next(source, 'message');
  expect(codes).toEqual(['end-of-stream', 'aborted']);
});

/** The policy treats both time-outs alike. */
const timeOuts: [code: string, behaviour: Behaviour, init: Init][] = [
  ['connect-timeout', silent, { connectTimeout: 100 }],
  ['idle-timeout', hold(head(), 'data: a\n\n'), { idleTimeout: 100 }],
];

test.each(timeOuts)(
  '%s fails a POST that may not be repeated, as the cause',
  async (code, behaviour, init) => {
    const server = await listen(behaviour);
    const source = connect(server.url, { ...init, method: 'POST', body: 'x' });
    const { error, readyState } = await ending(source);
    expect([error.code, readyState, (error.cause as { code?: string }).code]).toEqual([
      'not-resumable',
      2,
      code,
    ]);
    expect(server.requests).toHaveLength(1);
  },
);

test.each(timeOuts)('%s fails a source that may not connect again', async (code, behaviour, init) => {
  const server = await listen(behaviour);
  const source = connect(server.url, { ...init, reconnect: false });
  expect(await ending(source)).toMatchObject({ code, readyState: 2 });
});

test('connect-timeout counts as a failure', async () => {
  const server = await listen(silent);
  const source = connect(server.url, {
    connectTimeout: 50,
    reconnect: { reconnectionTime: 1, maxBackoff: 1, maxFailures: 2 },
  });
  expect(await ending(source)).toMatchObject({ code: 'connect-timeout', readyState: 0 });
  expect(await ending(source)).toMatchObject({ code: 'connect-timeout', readyState: 2 });
});

test.each<[what: string, pieces: string[]]>([
  ['after an event', ['id: 1\ndata: a\n\n']],
  ['inside an event', ['id: 1\ndata: a\n\nid: 2\ndata: b']],
])('idleTimeout ends a stream that is silent %s, frees its connection and resumes', async (_what, pieces) => {
  const server = await listen(hold(head(), ...pieces), resume('a', 'b', 'c'));
  const source = connect(server.url, { ...EAGER, idleTimeout: 200 });
  const data = collect(source);
  expect(await ending(source)).toMatchObject({ code: 'idle-timeout', readyState: 0 });
  await until(() => data.includes('c') && server.sockets[0]?.destroyed);
  expect(data).toEqual(['a', 'b', 'c']);
});

test('idleTimeout ends a stream that is silent from the start', async () => {
  const server = await listen(hold(head()), resume('a'));
  const source = connect(server.url, { ...EAGER, idleTimeout: 200 });
  const data = collect(source);
  expect(await ending(source)).toMatchObject({ code: 'idle-timeout', readyState: 0 });
  await until(() => data.length === 1);
});

test.each<[what: string, pieces: string[]]>([
  ['comments', Array(25).fill(':\n')],
  ['single bytes of one line', [...'data: xxxxxxxxxxxxxxxxxxx']],
  ['fields that nobody knows', Array(25).fill('x\n')],
])('idleTimeout is put off by %s', async (_what, pieces) => {
  const server = await listen(drip(50, head(), [...pieces, '\ndata: end\n\n']));
  const source = connect(server.url, { idleTimeout: 800 });
  const onerror = vi.fn();
  source.onerror = onerror;
  await next(source, 'message');
  expect(onerror).not.toHaveBeenCalled();
});

test.each<[who: string, call: (block: () => void) => void]>([
  ['a busy listener', (block) => block()],
  ['a busy program', (block) => void setTimeout(block)],
])('idleTimeout does not take %s for a silent server', async (_who, call) => {
  const server = await listen(hold(head(), 'data: a\n\n'));
  const source = connect(server.url, { ...EAGER, idleTimeout: 200 });
  const onerror = vi.fn();
  source.onerror = onerror;
  await next(source, 'message');
  const second = next(source, 'message');
  call(() => {
    // The response is there from now on, but nobody can read it for longer than the time-out.
    server.sockets[0]?.write('data: b\n\n');
    for (const end = performance.now() + 400; performance.now() < end; );
  });
  // Immediately, because from then on the server is silent.
  await second;
  expect(onerror).not.toHaveBeenCalled();
});

test.each<[when: string, stop: (source: ReturnType<typeof connect>) => void, readyState: number]>([
  ['after close()', (source) => source.close(), 2],
  ['while waiting to connect again', () => {}, 0],
])('idleTimeout says nothing %s', async (_when, stop, readyState) => {
  const server = await listen(end(head(), 'data: a\n\n'));
  const source = connect(server.url, { idleTimeout: 100, reconnect: { reconnectionTime: 1e6 } });
  await (readyState ? next(source, 'message') : ending(source));
  stop(source);
  const onerror = vi.fn();
  source.onerror = onerror;
  const other = connect((await listen(hold(head()))).url, { idleTimeout: 150 });
  await ending(other);
  expect(onerror).not.toHaveBeenCalled();
  expect(source.readyState).toBe(readyState);
});

test.each([2 ** 31, 2 ** 53, Infinity])('time-outs of %d ms do not overflow the timer', async (time) => {
  const warnings = catchWarnings();
  const server = await listen(drip(100, '', [head(), 'data: a\n\n']));
  const source = connect(server.url, { ...EAGER, connectTimeout: time, idleTimeout: time });
  const onerror = vi.fn();
  source.onerror = onerror;
  await next(source, 'message');
  await aWhile();
  expect(onerror).not.toHaveBeenCalled();
  expect(warnings).toEqual([]);
});

test.each(['connectTimeout', 'idleTimeout', 'maxEventSize'])(
  '%s that is no amount is a TypeError that names it',
  async (name) => {
    for (const value of [-1, Number.NaN, '5', {}, [5]])
      expect(() => connect('http://localhost/', { [name]: value })).toThrow(
        expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(name) }),
      );
  },
);

/** Reads a response to its end. */
const drain = async (response: Promise<Response>) => (await response).text();

test('a silent stream outlives the body time-out of the global dispatcher, which stays in place', async () => {
  const server = await listen(drip(1500, `${head()}: hello\n`, ['data: a\n\n']));
  const dispatcher = agent({ bodyTimeout: 300 });
  globalDispatcher.set(dispatcher);
  const source = connect(server.url);
  const onerror = vi.fn();
  source.onerror = onerror;
  const message = next(source, 'message');
  await next(source, 'open');
  // It does have one.
  await expect(drain(fetch(server.url))).rejects.toThrow();
  await message;
  expect(onerror).not.toHaveBeenCalled();
  expect(globalDispatcher.get()).toBe(dispatcher);
});

test.each<[whose: string, init: () => Init]>([
  ['a dispatcher of the caller', () => ({ dispatcher: agent({ bodyTimeout: 200 }) })],
  [
    'a fetch of the caller',
    () => {
      globalDispatcher.set(agent({ bodyTimeout: 200 }));
      return { fetch: (url, init) => fetch(url, init) };
    },
  ],
])('%s keeps its own body time-out', async (_whose, init) => {
  const server = await listenOk('data: a\n\n');
  const source = connect(server.url, init());
  expect(await ending(source)).toMatchObject({ code: 'network', readyState: 0 });
});

test('each attempt uses the global dispatcher of that moment', async () => {
  const server = await listen(end(head(), 'data: a\n\n'));
  const source = connect(server.url, EAGER);
  await next(source, 'message');
  const dispatcher = agent({});
  const dispatch = vi.spyOn(dispatcher as unknown as { dispatch: () => boolean }, 'dispatch');
  globalDispatcher.set(dispatcher);
  await until(() => dispatch.mock.calls.length);
  source.close();
});

test('a fetch that a mocking tool has installed is used as it is', async () => {
  const fetch = vi.fn(answers(() => streamOf('data: a\n\n')));
  vi.stubGlobal('fetch', fetch);
  try {
    await next(connect('http://localhost/', EAGER), 'message');
  } finally {
    vi.unstubAllGlobals();
  }
  expect(fetch).toHaveBeenCalled();
});

test('a TLS server instead of a plain one is a failed attempt', async () => {
  const server = await listenTls(silent);
  const source = connect(server.url.replace('https', 'http'), { ...EAGER, connectTimeout: 2000 });
  expect((await ending(source)).code).toMatch(/^(network|connect-timeout)$/);
});

import { expect, test, vi } from 'vitest';
import {
  answerLater,
  answers,
  collect,
  connect,
  EAGER,
  ending,
  expectQuiet,
  type Init,
  next,
  streamOf,
  until,
} from './harness.js';
import { end, head, hold, listen, resume } from './server.js';

const never = () => new Promise<never>(() => {});
const cause = new Error('the vault is shut');

const fail = () => {
  throw cause;
};

/** A function that returns the first value once, and then the second. */
const firstThen = <T, U>(first: () => T, then: () => U) => {
  let calls = 0;
  return () => (calls++ ? then() : first());
};

/** As a member of the options, whatever its type. */
const init = (members: object) => ({ ...EAGER, ...members }) as Init;

test.each<[what: string, code: 'headers' | 'body', make: () => unknown, isCause: boolean]>([
  ['headers throws', 'headers', fail, true],
  ['headers rejects', 'headers', async () => fail(), true],
  ['headers throws nothing', 'headers', () => Promise.reject(undefined), false],
  // biome-ignore lint/suspicious/noThenProperty: an object like a promise
  ['headers returns a promise that throws', 'headers', () => ({ then: fail }), true],
  ['body throws', 'body', fail, true],
  ['body rejects', 'body', async () => fail(), true],
])('a function for %s: a failed attempt, and the next one succeeds', async (_what, code, make, isCause) => {
  const server = await listen(resume('a'));
  const source = connect(server.url, init({ method: 'POST', [code]: firstThen(make, () => undefined) }));
  const data = collect(source);
  const { error, message, readyState } = await ending(source);
  expect({ code: error.code, readyState }).toEqual({ code, readyState: 0 });
  if (isCause) expect(error.cause).toBe(cause);
  expect(`${message} ${error.stack} ${error.cause}`).not.toContain('secret');
  await until(() => data.length === 1);
  expect(server.requests).toHaveLength(1);
});

test.each<[what: string, code: 'headers' | 'body', make: () => unknown]>([
  ['headers returns an illegal value', 'headers', () => ({ 'X-Api-Key': 'secret\r\nX: y' })],
  ['headers returns an illegal name', 'headers', () => ({ 'X Api Key': 'secret' })],
  ['headers returns a number', 'headers', () => 5],
  ['headers returns an object that throws', 'headers', () => new Proxy({}, { ownKeys: fail })],
  ['body returns an object', 'body', () => ({ prompt: 'secret' })],
])('a function for %s: the source fails, for it would do so again', async (_what, code, make) => {
  const server = await listen(resume('a'));
  const source = connect(server.url, init({ method: 'POST', [code]: make }));
  const { error, message, readyState } = await ending(source);
  expect({ code: error.code, readyState }).toEqual({ code, readyState: 2 });
  expect(`${message} ${error.stack} ${error.cause}`).not.toContain('secret');
  expect(server.requests).toHaveLength(0);
});

test.each(['headers', 'body'])(
  'a function for %s that always throws is given up after maxFailures',
  async (code) => {
    const source = connect('http://127.0.0.1/', {
      method: 'POST',
      [code]: fail,
      reconnect: { reconnectionTime: 1, maxBackoff: 1, maxFailures: 3 },
    });
    const failures: unknown[] = [];
    source.onerror = ({ error }) => void failures.push(error?.code);
    await until(() => source.readyState === 2);
    expect(failures).toEqual([code, code, code]);
  },
);

test.each(['headers', 'body', 'fetch'])('%s that never settles is stopped by close()', async (name) => {
  const server = await listen(resume('a'));
  const make = vi.fn(never);
  const source = connect(server.url, init({ method: 'POST', [name]: make }));
  await until(() => make.mock.calls.length);
  source.close();
  await expectQuiet(source, server);
  expect(make).toHaveBeenCalledTimes(1);
});

test.each(['headers', 'body', 'fetch'])(
  '%s that never settles is left behind by reconnect()',
  async (name) => {
    const server = await listen(resume('a'));
    const make = vi.fn(
      firstThen<unknown, unknown>(never, () => (name === 'fetch' ? streamOf('data: a\n\n') : undefined)),
    );
    const source = connect(server.url, init({ method: 'POST', [name]: make }));
    await until(() => make.mock.calls.length);
    const message = next(source, 'message');
    source.reconnect();
    expect((await message).data).toBe('a');
  },
);

test.each(['headers', 'body', 'fetch'])(
  '%s that rejects after close() is no unhandled rejection',
  async (name) => {
    let reject: (error: Error) => void = () => {};
    const late = new Promise<never>((_, fail) => {
      reject = fail;
    });
    const make = vi.fn(() => late);
    const server = await listen(resume('a'));
    const source = connect(server.url, init({ method: 'POST', [name]: make }));
    await until(() => make.mock.calls.length);
    source.close();
    reject(cause);
    await expectQuiet(source, server);
  },
);

test('the signal of an attempt tells its functions that nobody waits for them any more', async () => {
  let signal: AbortSignal | undefined;
  const source = connect('http://127.0.0.1/', {
    headers: (attempt) => {
      signal = attempt.signal;
      return never();
    },
  });
  await until(() => signal);
  expect(signal?.aborted).toBe(false);
  source.close();
  expect(signal?.aborted).toBe(true);
});

test.each<[what: string, answer: () => unknown, code: string, readyState: number]>([
  ['throws', fail, 'network', 0],
  ['rejects with nothing', () => Promise.reject(undefined), 'network', 0],
  ['rejects with null', () => Promise.reject(null), 'network', 0],
  ['rejects with a string', () => Promise.reject('no'), 'network', 0],
  ['gives nothing', () => undefined, 'network', 2],
  ['gives a string', () => 'data: a', 'network', 2],
  ['gives an error response', () => Response.error(), 'http-status', 2],
  ['is aborted by others', () => Promise.reject(new DOMException('x', 'AbortError')), 'aborted', 2],
  ['takes too long for others', () => Promise.reject(new DOMException('x', 'TimeoutError')), 'network', 0],
  [
    'gives a body that was read',
    async () => {
      const response = streamOf('data: a\n\n');
      await response.text();
      return response;
    },
    'network',
    0,
  ],
  [
    'gives a body that somebody reads',
    () => {
      const response = streamOf('data: a\n\n');
      response.body?.getReader();
      return response;
    },
    'network',
    0,
  ],
  ['gives a body that fails', () => streamOf(new ReadableStream({ pull: fail })), 'network', 0],
  [
    'gives a body of numbers',
    () => streamOf(new ReadableStream({ pull: (to) => to.enqueue(1) })),
    'no-body',
    2,
  ],
  ['gives no stream', () => ({ ...plain(), body: 'data: a\n\n' }), 'no-body', 2],
  ['gives no body', () => ({ ...plain(), body: undefined }), 'no-body', 2],
  ['gives an empty body', () => streamOf(null), 'end-of-stream', 0],
])('a fetch that %s ends the attempt', async (_what, answer, code, readyState) => {
  const source = connect('http://127.0.0.1/', init({ fetch: answers(async () => answer(), never) }));
  expect(await ending(source)).toMatchObject({ code, readyState });
});

/** A response as React Native makes it, which lacks most of one. */
const plain = () => ({ status: 200, headers: new Headers({ 'Content-Type': 'text/event-stream' }), url: '' });

test('when a fetch ignores its signal and answers after close(), the body is cancelled', async () => {
  const cancel = vi.fn();
  const { fetch, answer } = answerLater();
  const source = connect('http://127.0.0.1/', { fetch });
  await until(() => fetch.mock.calls.length);
  source.close();
  answer(streamOf(new ReadableStream({ cancel })));
  await until(() => cancel.mock.calls.length);
});

test.each<[what: string, init: Init, end: (source: ReturnType<typeof connect>) => void]>([
  ['close()', {}, (source) => source.close()],
  ['reconnect()', {}, (source) => source.reconnect()],
  ['idleTimeout', { idleTimeout: 50 }, () => {}],
  ['maxEventSize', { maxEventSize: 5 }, () => {}],
])('a fetch that ignores its signal has its open body cancelled by %s', async (_what, init, end) => {
  const cancel = vi.fn();
  const start = (controller: ReadableStreamDefaultController) =>
    controller.enqueue(Buffer.from('data: a\n\n'));
  const fetch = answers(() => streamOf(new ReadableStream({ start, cancel })), never);
  const source = connect('http://127.0.0.1/', { fetch, ...init });
  await next(source, 'open');
  end(source);
  await until(() => cancel.mock.calls.length);
});

test('a body that cannot be cancelled does no harm', async () => {
  const body = new ReadableStream({ start: (to) => to.enqueue(Buffer.from('data: a\n\n')), cancel: fail });
  const source = connect('http://127.0.0.1/', { fetch: answers(() => streamOf(body)) });
  await next(source, 'message');
  source.close();
  expect(source.readyState).toBe(2);
});

test('a body function is called for every attempt, so that streams can be sent again', async () => {
  const server = await listen(end(head(), 'data: a\n\n'), hold(head()));
  const body = vi.fn(() => new Blob(['what happened?']).stream());
  connect(server.url, { ...EAGER, method: 'POST', body });
  await until(() => server.requests.length === 2);
  expect(server.requests.map((request) => request.body.includes('what happened?'))).toEqual([true, true]);
});

test.each<[what: string, body: () => unknown]>([
  ['fails', () => new ReadableStream({ pull: fail })],
  [
    'was sent before',
    (() => {
      const stream = new Blob(['x']).stream();
      return () => stream;
    })(),
  ],
])('a request body that %s is a failed attempt', async (_what, body) => {
  const server = await listen(end(head(), 'data: a\n\n'));
  const source = connect(server.url, init({ method: 'POST', body }));
  const codes: unknown[] = [];
  source.onerror = ({ error }) => void codes.push(error?.code);
  await until(() => codes.some((code) => code !== 'end-of-stream'));
  expect(['network', 'body']).toContain(codes.find((code) => code !== 'end-of-stream'));
  expect(source.readyState).toBe(0);
});

test.each<[what: string, shouldReconnect: () => unknown]>([
  ['throws', fail],
  ['rejects', async () => fail()],
])('shouldReconnect that %s fails the source with that cause', async (_what, shouldReconnect) => {
  const server = await listen(end(head(), 'data: a\n\n'));
  const source = connect(server.url, { reconnect: { shouldReconnect } } as Init);
  const { error, readyState } = await ending(source);
  expect([readyState, error.cause]).toEqual([2, cause]);
});

test('a shouldReconnect that never settles holds back the error event, and close() ends it', async () => {
  const server = await listen(end(head(), 'data: a\n\n'));
  const shouldReconnect = vi.fn(never);
  const source = connect(server.url, { reconnect: { shouldReconnect } });
  const onerror = vi.fn();
  source.onerror = onerror;
  await until(() => shouldReconnect.mock.calls.length);
  expect([source.readyState, onerror.mock.calls.length]).toEqual([1, 0]);
  source.close();
  await expectQuiet(source, server);
});

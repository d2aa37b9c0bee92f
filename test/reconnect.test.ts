import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource, FetchEventSourceError, type FetchEventSourceInit } from '../src/index.js';
import { readOptions } from '../src/options/options.js';
import { decide } from '../src/reconnect/decision.js';
import { connect, eventStream, next, record, script } from './scripted.js';

const refused = (status: number, headers: HeadersInit = {}) =>
  new FetchEventSourceError('http-status', '', undefined, new Response(null, { status, headers }));
const network = new FetchEventSourceError('network', '');
const end = new FetchEventSourceError('end-of-stream', '');
const aborted = new FetchEventSourceError('aborted', '');

/** What the policy of these options decides, with the smallest or the largest random number. */
async function decideBy(
  init: FetchEventSourceInit,
  { error = network, failures = 1, random = 1, isFromServer = false, url = 'https://example.org/' } = {},
) {
  const { policy } = readOptions(url, init);
  const timing = { reconnectionTime: isFromServer ? 0 : policy.reconnectionTime, isFromServer };
  const { signal } = new AbortController();
  const failure = { lastEventId: '', failures, error, signal };
  const decision = await decide(policy, failure, timing, Date.now(), random);
  return 'error' in decision ? decision.error : [decision.wait.least, decision.wait.total];
}

const isRepeated = async (init: FetchEventSourceInit, error: FetchEventSourceError) =>
  !((await decideBy(init, { error })) instanceof Error);

const IDEMPOTENT = ['GET', 'PUT', 'DELETE', 'OPTIONS', 'QUERY', 'REPORT', 'PROPFIND', 'SEARCH'];
const TRANSIENT = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524];

describe('which ends lead to another attempt', () => {
  test.each(IDEMPOTENT)('by default, a %s is repeated after a clean end and a break', async (method) => {
    expect(await isRepeated({ method }, end)).toBe(true);
    expect(await isRepeated({ method }, network)).toBe(true);
    expect(await isRepeated({ method: method.toLowerCase() }, network)).toBe(true);
  });

  test.each(['POST', 'PATCH', 'post', 'MKCOL'])('by default, a %s is not repeated', async (method) => {
    expect(await decideBy({ method }, { error: end })).toBe(end);
    expect(await decideBy({ method }, { error: network })).toMatchObject({
      code: 'not-resumable',
      cause: network,
    });
  });

  test.each(TRANSIENT)('by default, the status %i ends the source', async (status) => {
    expect(await isRepeated({}, refused(status))).toBe(false);
    expect(await isRepeated({ method: 'POST' }, refused(status))).toBe(false);
  });

  test.each([true, {}, { reconnectionTime: 5 }])(
    'with reconnect: %j, every method is repeated',
    async (reconnect) => {
      for (const method of ['GET', 'POST']) {
        for (const error of [end, network, ...TRANSIENT.map((status) => refused(status))]) {
          expect(await isRepeated({ method, reconnect }, error)).toBe(true);
        }
        for (const status of [404, 501, 519, 525, 529, 530])
          expect(await isRepeated({ method, reconnect }, refused(status))).toBe(false);
        expect(await isRepeated({ method, reconnect }, aborted)).toBe(false);
      }
    },
  );

  test('with reconnect: false, nothing is repeated and the error says why', async () => {
    for (const method of ['GET', 'POST']) {
      for (const error of [end, network, refused(503)]) {
        expect(await decideBy({ method, reconnect: false }, { error })).toBe(error);
      }
    }
  });

  test('statuses replaces the list', async () => {
    const reconnect = { statuses: [418] };
    expect(await isRepeated({ reconnect }, refused(418))).toBe(true);
    expect(await isRepeated({ reconnect }, refused(503))).toBe(false);
  });

  test.each(['content-type', 'no-body', 'event-too-large', 'redirect'] as const)(
    'a %s ends the source whatever reconnect says',
    async (code) => {
      const error = new FetchEventSourceError(code, '', undefined, new Response());
      for (const reconnect of [undefined, true, false])
        expect(await isRepeated({ reconnect }, error)).toBe(false);
    },
  );

  test('a headers or body function that fails is a failed attempt', async () => {
    for (const code of ['headers', 'body'] as const) {
      const error = new FetchEventSourceError(code, '');
      expect(await isRepeated({}, error)).toBe(true);
      expect(await decideBy({ method: 'POST' }, { error })).toBe(error);
    }
  });

  test('maxFailures ends the source with the last cause', async () => {
    const reconnect = { maxFailures: 3, shouldReconnect: () => true };
    expect(await decideBy({ reconnect }, { failures: 2 })).toBeInstanceOf(Array);
    expect(await decideBy({ reconnect }, { failures: 3 })).toBe(network);
  });

  test.each([
    'ftp://example.org/',
    'about:blank',
    'mailto:a@example.org',
    'javascript:1',
    'ws://example.org/',
    'httpx://example.org/',
    'database:1',
  ])('rule 53: %s, which no fetch can load, is not tried again', async (url) => {
    for (const reconnect of [undefined, true]) expect(await decideBy({ reconnect }, { url })).toBe(network);
    expect(await decideBy({ fetch: async () => new Response() }, { url })).toBeInstanceOf(Array);
  });

  test.each(['ftp://example.org/', 'mailto:a@example.org'])(
    'rule 53: %s fails with one error',
    async (url) => {
      const source = connect(url);
      const log = record(source);
      await next(source, 'error');
      await new Promise((resolve) => setTimeout(resolve));
      expect(log).toEqual(['error:2']);
    },
  );
});

describe('shouldReconnect', () => {
  const asked = (answer: unknown, error = network, random = 1) =>
    decideBy(
      { reconnect: { reconnectionTime: 1000, shouldReconnect: () => answer as boolean } },
      { error, random },
    );

  test('false fails, true repeats, undefined does what would have been done', async () => {
    expect(await asked(false)).toBe(network);
    expect(await asked(true, refused(404))).toBeInstanceOf(Array);
    expect(await asked(undefined, refused(404))).toMatchObject({ status: 404 });
    expect(await asked(undefined, network)).toBeInstanceOf(Array);
    expect(await asked(Promise.resolve(false))).toBe(network);
  });

  test('a number is the whole wait, but never under the reconnection time or Retry-After', async () => {
    expect(await asked(5000)).toEqual([1000, 5000]);
    expect(await asked(10)).toEqual([1000, 1000]);
    expect(await asked(2000, refused(503, { 'Retry-After': '7' }))).toEqual([7000, 7000]);
    for (const nonsense of [Number.NaN, 'soon', {}]) expect(await asked(nonsense)).toEqual([1000, 1000]);
  });

  test('what it throws is the cause of the final error', async () => {
    const cause = new Error('broken');
    for (const shouldReconnect of [
      () => Promise.reject(cause),
      () => {
        throw cause;
      },
    ]) {
      expect(await decideBy({ reconnect: { shouldReconnect } }, { error: refused(503) })).toMatchObject({
        code: 'http-status',
        status: 503,
        cause,
      });
    }
  });

  test('an answer of the wrong kind fails the source', async () => {
    const source = connect('https://example.org/', {
      fetch: async () => new Response('', { status: 503 }),
      reconnect: { shouldReconnect: () => Symbol('what') as never },
    });
    await next(source, 'error');
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
  });

  test('is told what the next attempt would be told, before the event, and with the state unchanged', async () => {
    const served = await script({ chunks: ['id: 4\ndata: a\n\n'] });
    const seen: unknown[] = [];
    const source: FetchEventSource = connect(served.url, {
      reconnect: {
        shouldReconnect: async ({ lastEventId, failures, error, signal }) => {
          await Promise.resolve();
          seen.push(lastEventId, failures, error.code, signal.aborted, source.readyState);
          return false;
        },
      },
    });
    source.onerror = () => seen.push('error', source.readyState);
    await next(source, 'error');
    expect(seen).toEqual([
      '4',
      0,
      'end-of-stream',
      false,
      FetchEventSource.OPEN,
      'error',
      FetchEventSource.CLOSED,
    ]);
  });
});

describe('the wait', () => {
  const wait = async (
    reconnect: FetchEventSourceInit['reconnect'],
    of: { failures?: number; random?: number; error?: FetchEventSourceError; isFromServer?: boolean },
  ) => (await decideBy({ reconnect: reconnect as object }, of)) as unknown as [number, number];

  test('rules 36 and 37: after an attempt that delivered, 10 % or up to 400 ms are added', async () => {
    expect(await wait({ reconnectionTime: 3000 }, { failures: 0, random: 1 })).toEqual([3000, 3400]);
    expect(await wait({ reconnectionTime: 3000 }, { failures: 0, random: 0 })).toEqual([3000, 3000]);
    expect(await wait({ reconnectionTime: 100 }, { failures: 0, random: 1 })).toEqual([100, 200]);
    expect(await wait({ reconnectionTime: 60_000 }, { failures: 0, random: 1 })).toEqual([60_000, 66_000]);
  });

  test('T12: failures add the upper half of a doubling ceiling, which maxBackoff caps', async () => {
    const reconnect = { reconnectionTime: 2000, maxBackoff: 10_000 };
    const spans = [];
    for (const failures of [1, 2, 3, 4, 2000]) {
      const [, least] = await wait(reconnect, { failures, random: 0 });
      const [, most] = await wait(reconnect, { failures, random: 1 });
      spans.push([least, most]);
    }
    expect(spans).toEqual([
      [3000, 4000],
      [4000, 6000],
      [6000, 10_000],
      [7000, 12_000],
      [7000, 12_000],
    ]);
  });

  test('T12: backoff grows from a reconnection time of 0, and a cap never cuts what the server asked for', async () => {
    expect(await wait({ reconnectionTime: 0 }, { failures: 3 })).toEqual([0, 4000]);
    expect(await wait({ reconnectionTime: 120_000, maxBackoff: 30_000 }, { failures: 1, random: 0 })).toEqual(
      [120_000, 135_000],
    );
  });

  test('a server’s retry is never under 100 ms, the caller’s own reconnection time may be', async () => {
    expect((await wait({ reconnectionTime: 5 }, { failures: 0, random: 0 }))[0]).toBe(5);
    expect((await wait({ reconnectionTime: 5 }, { failures: 0, random: 0, isFromServer: true }))[0]).toBe(
      100,
    );
  });

  test('Retry-After in seconds is a floor', async () => {
    const error = refused(503, { 'Retry-After': '20' });
    expect(await wait({ reconnectionTime: 1000 }, { error, random: 1 })).toEqual([20_000, 20_000]);
    expect(await wait({ reconnectionTime: 30_000 }, { error, random: 0 })).toEqual([30_000, 45_000]);
  });

  test('Retry-After as a date is a floor', async () => {
    const at = Math.ceil(Date.now() / 1000 + 50) * 1000;
    const error = refused(503, { 'Retry-After': new Date(at).toUTCString() });
    const [least] = await wait({ reconnectionTime: 1000 }, { error });
    expect(least).toBeGreaterThan(45_000);
    expect(least).toBeLessThanOrEqual(51_000);
  });

  /** What a response with these headers has the source wait, in milliseconds. */
  const asked = async (headers: HeadersInit) =>
    (await wait({ reconnectionTime: 1, maxBackoff: 0 }, { error: refused(503, headers) }))[1];

  const SECOND = 1000;
  const HOUR = 3600 * SECOND;
  const DAY = 24 * HOUR;
  const inHttp = (time: number) => new Date(time).toUTCString();
  /** In the form of C's asctime(). */
  const inC = (time: number) =>
    inHttp(time).replace(/(\w+), 0?(\d+) (\w+) (\d+) ([\d:]+) GMT/, '$1 $3 $2 $5 $4');

  test.each([inHttp, inC])(
    'a date as Retry-After is the time in Greenwich, wherever the client is',
    async (format) => {
      const parse = vi.spyOn(Date, 'parse');
      onTestFinished(() => parse.mockRestore());
      const at = Date.now() + 50 * DAY;
      expect(Math.abs((await asked({ 'Retry-After': format(at) })) - 50 * DAY)).toBeLessThan(10 * SECOND);
      // Where the tests run, that may be the same.
      expect(parse.mock.calls.flat().filter((text) => / GMT$/.test(text))).toHaveLength(1);
    },
  );

  test.each([-DAY, -HOUR, 0, HOUR, DAY])(
    'a date as Retry-After counts from the Date of a server whose clock is off by %i ms',
    async (offset) => {
      const now = Date.now() + offset;
      for (const format of [inHttp, inC]) {
        const headers = { Date: inHttp(now), 'Retry-After': format(now + 30 * SECOND) };
        expect(await asked(headers)).toBe(30 * SECOND);
      }
    },
  );

  test('a Date that is none leaves the clock of the client', async () => {
    const headers = { Date: 'yesterday', 'Retry-After': inHttp(Date.now() + HOUR) };
    expect(Math.abs((await asked(headers)) - HOUR)).toBeLessThan(10 * SECOND);
  });

  test.each([
    ['30, 30', 30 * SECOND],
    ['30 , 60', 30 * SECOND],
    ['30,Sat, 06 Nov 2094 08:49:37 GMT', 30 * SECOND],
    ['Wed, 25 Nov 2026 08:00:09 GMT, Wed, 25 Nov 2026 08:00:20 GMT', 9 * SECOND],
    ['Wednesday, 25-Nov-26 08:00:09 GMT, 70', 9 * SECOND],
    ['Wed Nov 25 08:00:09 2026, Wed Nov 25 08:00:20 2026', 9 * SECOND],
  ])('of several values as Retry-After the first counts: %s', async (value, expected) => {
    expect(await asked({ Date: 'Wed, 25 Nov 2026 08:00:00 GMT', 'Retry-After': value })).toBe(expected);
  });

  test('Retry-After of a year and more is a mistake, and changes nothing', async () => {
    const year = 365 * DAY;
    expect(await asked({ 'Retry-After': `${year / SECOND - 1}` })).toBe(year - SECOND);
    for (const value of [
      `${year / SECOND}`,
      `${Math.floor(Date.now() / SECOND) + 30}`,
      '9'.repeat(400),
      inHttp(Date.now() + 366 * DAY),
    ])
      expect(await asked({ 'Retry-After': value })).toBe(1);
  });

  test.each(['soon', '-5', '', '0', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
    'Retry-After: %j changes nothing',
    async (value) => {
      const error = refused(503, { 'Retry-After': value });
      expect(await wait({ reconnectionTime: 1000 }, { error, random: 1 })).toEqual([1000, 2000]);
    },
  );

  test.each([86_400_001, 2_592_000_000, 10 ** 27 - 1, Infinity])(
    'T7: a retry of %d ms is waited for as one of a day',
    async (reconnectionTime) => {
      const { policy } = readOptions('https://example.org/', {});
      const timing = { reconnectionTime, isFromServer: true };
      const { signal } = new AbortController();
      const failure = { lastEventId: '', failures: 0, error: end, signal };
      expect(await decide(policy, failure, timing, 0, 0)).toEqual({ wait: { least: DAY, total: DAY } });
      expect(await decide(policy, failure, timing, 0, 1)).toEqual({
        wait: { least: DAY, total: DAY + DAY / 10 },
      });
    },
  );

  test('T7: what the caller sets is waited for, however long', async () => {
    expect(await wait({ reconnectionTime: 30 * DAY }, { failures: 0, random: 0 })).toEqual([
      30 * DAY,
      30 * DAY,
    ]);
    expect((await wait({ reconnectionTime: Infinity }, { failures: 0 }))[1]).toBe(Infinity);
  });
});

describe('attempts in a row', () => {
  test('T12: an attempt that delivered something is not a failure, even after reset()', async () => {
    const failures: number[] = [];
    const source = connect('https://example.org/', {
      fetch: async () => eventStream('data: a\n\n'),
      reconnect: {
        reconnectionTime: 0,
        maxBackoff: 0,
        shouldReconnect: (failure) => void failures.push(failure.failures),
      },
    });
    source.onmessage = () => source.reset();
    await expect.poll(() => failures.length).toBeGreaterThan(1);
    expect(failures.every((count) => count === 0)).toBe(true);
  });

  test('T12: an attempt that opened and delivered nothing is a failure', async () => {
    const failures: number[] = [];
    const served = await script({}, { chunks: ['event: x\n\n'] }, { chunks: [':\n'] }, {}, { after: 'hold' });
    const source = connect(served.url, {
      headers: (attempt) => {
        failures.push(attempt.failures);
        return {};
      },
      reconnect: { reconnectionTime: 1, maxBackoff: 1 },
    });
    await next(source, 'error', () => failures.length === 4);
    await next(source, 'open');
    expect(failures).toEqual([0, 1, 2, 0, 1]);
  });

  test.each([
    ['data: x\n\n', 0],
    ['id: 1\n\n', 0],
    [': ping\n', 0],
    ['retry: 1\n\n', 1],
    ['id: \0\n\n', 1],
  ])('T12: after a stream of %j there are %i failures in a row', async (chunk, expected) => {
    let failures: number | undefined;
    const served = await script({ chunks: [chunk] }, { after: 'hold' });
    const source = connect(served.url, {
      headers: (attempt) => {
        failures = attempt.failures;
        return {};
      },
      reconnect: { reconnectionTime: 1, maxBackoff: 1 },
    });
    await next(source, 'error');
    await next(source, 'open');
    expect(failures).toBe(expected);
  });

  test('a 401 asks the headers function again at once, with no event, for every method and policy', async () => {
    for (const init of [
      {},
      { method: 'POST', body: 'x' },
      { reconnect: false },
    ] satisfies FetchEventSourceInit[]) {
      const served = await script({ status: 401 }, { chunks: ['data: a\n\n'], after: 'hold' });
      const told: unknown[] = [];
      const source = connect(served.url, {
        ...init,
        headers: ({ error, failures }) => {
          told.push(error?.status, failures);
          return { Authorization: `Bearer ${told.length / 2}` };
        },
      });
      const log = record(source);
      await next(source, 'message');
      expect(told).toEqual([undefined, 0, 401, 0]);
      expect(log).toEqual(['open:1', 'message:a']);
      expect((await served.requests()).map(({ headers }) => headers['authorization'])).toEqual([
        'Bearer 1',
        'Bearer 2',
      ]);
    }
  });

  test('a second 401 in a row fails, and a 200 in between gives another chance', async () => {
    const served = await script(
      { status: 401 },
      { chunks: ['data: a\n\n'] },
      { status: 401 },
      { chunks: ['data: b\n\n'] },
      { status: 401 },
      { status: 401 },
    );
    const source = connect(served.url, { headers: () => ({}), reconnect: { reconnectionTime: 1 } });
    const log = record(source);
    await next(source, 'error', () => source.readyState === FetchEventSource.CLOSED);
    expect(log).toEqual(['open:1', 'message:a', 'error:0', 'open:1', 'message:b', 'error:0', 'error:2']);
    expect(await served.requests()).toHaveLength(6);
  });

  test('a 401 after reconnect() asks the headers function again', async () => {
    const served = await script(
      { status: 401 },
      { after: 'hold' },
      { status: 401 },
      { chunks: ['data: a\n\n'], after: 'hold' },
    );
    const source = connect(served.url, { headers: () => ({}) });
    await next(source, 'open');
    source.reconnect();
    await next(source, 'message');
    expect(await served.requests()).toHaveLength(4);
  });

  test('a 401 without a headers function fails', async () => {
    const served = await script({ status: 401 });
    const source = connect(served.url, { headers: { Authorization: 'Bearer x' } });
    await next(source, 'error');
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
  });
});

describe('reconnect()', () => {
  test('drops the connection and connects again at once, after the last event ID', async () => {
    const served = await script(
      { chunks: ['id: 3\ndata: a\n\n'], after: 'hold' },
      { chunks: ['data: b\n\n'], after: 'hold' },
    );
    const source = connect(served.url, { method: 'POST', body: 'x', reconnect: false });
    const log = record(source);
    await next(source, 'message');
    const error = next<Event & { error: FetchEventSourceError; reconnectIn: number }>(source, 'error');
    source.reconnect();
    expect(source.readyState).toBe(FetchEventSource.CONNECTING);
    expect(await error).toMatchObject({ error: { code: 'aborted' }, reconnectIn: 0 });
    await next(source, 'message');
    expect(log).toEqual(['open:1', 'message:a', 'error:0', 'open:1', 'message:b']);
    expect((await served.requests()).map(({ headers }) => headers['last-event-id'])).toEqual([
      undefined,
      '3',
    ]);
    await expect.poll(served.open).toBe(1);
  });

  test('drops the rest of a chunk, which the server sends again', async () => {
    const served = await script(
      { chunks: ['id: 1\ndata: a\n\nid: 2\ndata: b\n\n'], after: 'hold' },
      { chunks: ['id: 2\ndata: b\n\n'], after: 'hold' },
    );
    const source = connect(served.url);
    const log = record(source);
    source.addEventListener('message', (event) => event.data === 'a' && source.reconnect());
    await next(source, 'message', (event) => event.data === 'b');
    expect(log).toEqual(['open:1', 'message:a', 'error:0', 'open:1', 'message:b']);
    expect((await served.requests())[1]?.headers['last-event-id']).toBe('1');
  });

  test('does so for every URL that a caller’s fetch knows', async () => {
    let attempts = 0;
    const fetch = async () => {
      attempts++;
      return eventStream(new ReadableStream());
    };
    const source = connect('about:blank', { fetch });
    await next(source, 'open');
    const opened = next(source, 'open');
    source.reconnect();
    await opened;
    expect(attempts).toBe(2);
  });

  test('cuts a wait short, and failures start at 0 again', async () => {
    const served = await script({ status: 503 }, { chunks: ['data: a\n\n'], after: 'hold' });
    const failures: number[] = [];
    const source = connect(served.url, {
      headers: (attempt) => {
        failures.push(attempt.failures);
        return {};
      },
      reconnect: { reconnectionTime: 1_000_000 },
    });
    const log = record(source);
    await next(source, 'error');
    source.reconnect();
    await next(source, 'message');
    expect(failures).toEqual([0, 0]);
    expect(log).toEqual(['error:0', 'error:0', 'open:1', 'message:a']);
  });

  test('cuts short a request, a headers function and a decision that never end', async () => {
    const never = () => new Promise<never>(() => {});
    let stage = 0;
    const source = connect('https://example.org/', {
      headers: () => (++stage === 1 ? never() : {}),
      fetch: async () =>
        stage === 2
          ? never()
          : new Response('', {
              status: stage === 3 ? 500 : 200,
              headers: { 'Content-Type': 'text/event-stream' },
            }),
      reconnect: { shouldReconnect: () => never() },
    });
    const log = record(source);
    for (const at of [1, 2, 3]) {
      await expect.poll(() => stage).toBe(at);
      await new Promise((resolve) => setTimeout(resolve));
      source.reconnect();
    }
    await next(source, 'open');
    expect(log).toEqual(['error:0', 'error:0', 'error:0', 'open:1']);
  });

  test('does nothing on a CLOSED source', async () => {
    const source = connect('https://example.org/', { fetch: async () => new Response() });
    source.close();
    const log = record(source);
    source.reconnect();
    await new Promise((resolve) => setTimeout(resolve));
    expect([source.readyState, log]).toEqual([FetchEventSource.CLOSED, []]);
  });
});

import { expect, test, vi } from 'vitest';
import {
  aWhile,
  catchWarnings,
  connect,
  EAGER,
  type Ending,
  ending,
  expectQuiet,
  type Init,
  next,
  until,
} from './harness.js';
import { type Behaviour, end, head, hold, listen, resume, status } from './server.js';

const EMPTY = 'Content-Length: 0';
const PASSING = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524];
const REDIRECTS = [301, 302, 303, 307, 308];
/** Without redirects and without 407, which `fetch` itself turns into a network error. */
const OTHERS = Array.from({ length: 399 }, (_, index) => 201 + index).filter(
  (code) => ![...REDIRECTS, 407].includes(code),
);

/** Answers with the status in the path and the headers of an accepted response. */
const byPath: Behaviour = (socket, { target }) =>
  socket.write(status(`${target.slice(1)} Whatever`, 'Content-Type: text/event-stream', EMPTY));

/** The outcome of one source for each status. */
async function ask(statuses: number[], init: Init) {
  const server = await listen(byPath);
  const endings: Record<number, Ending> = {};
  // A few at a time.
  for (let start = 0; start < statuses.length; start += 20) {
    await Promise.all(
      statuses.slice(start, start + 20).map(async (code) => {
        const source = connect(`${server.url}${code}`, init);
        endings[code] = await ending(source);
        source.close();
      }),
    );
  }
  return { endings, requests: server.requests };
}

test('by default every status but 200 fails, from 201 to 599, and no further request is made', async () => {
  const { endings, requests } = await ask(OTHERS, {});
  for (const code of OTHERS)
    expect(endings[code]).toMatchObject({
      code: 'http-status',
      status: code,
      readyState: 2,
      reconnectIn: undefined,
    });
  // `fetch` itself repeats a misdirected request (421).
  expect(requests.filter(({ target }) => target !== '/421')).toHaveLength(OTHERS.length - 1);
});

test('with reconnect, only temporary statuses lead to another request', async () => {
  const { endings } = await ask(OTHERS, EAGER);
  expect(OTHERS.filter((code) => endings[code]?.readyState === 0)).toEqual(PASSING);
  for (const code of OTHERS) expect(endings[code]).toMatchObject({ code: 'http-status', status: code });
});

test('with the caller’s own statuses, only these lead to another request', async () => {
  const { endings } = await ask([404, 418, 500, 503], { reconnect: { statuses: [404, 418] } });
  expect(Object.values(endings).map(({ readyState }) => readyState)).toEqual([0, 0, 2, 2]);
});

test.each([204, 205, 304])('%i, which has no body, fails like any other', async (code) => {
  const server = await listen(hold(status(`${code} Whatever`)));
  const source = connect(server.url);
  expect(await ending(source)).toMatchObject({ code: 'http-status', status: code, readyState: 2 });
});

test.each([99, 600, 999])('%i, which is not a status, opens nothing', async (code) => {
  const server = await listen(hold(status(`${code} Whatever`, 'Content-Type: text/event-stream', EMPTY)));
  const source = connect(server.url, { reconnect: false });
  const open = vi.fn();
  source.onopen = open;
  expect((await ending(source)).readyState).toBe(2);
  expect(open).not.toHaveBeenCalled();
});

test.each(['GET', 'POST'])(
  'a server that is down for maintenance is asked again until it is up (%s)',
  async (method) => {
    const down = hold(status('503 Service Unavailable', EMPTY));
    const server = await listen(down, down, down, resume('a'));
    const source = connect(server.url, { ...EAGER, method });
    expect((await next(source, 'message')).data).toBe('a');
    expect(server.requests).toHaveLength(4);
  },
);

test('a source gives up a server that stays down after maxFailures', async () => {
  const server = await listen(hold(status('503 Service Unavailable', EMPTY)));
  const source = connect(server.url, { reconnect: { reconnectionTime: 1, maxBackoff: 1, maxFailures: 3 } });
  await until(() => source.readyState === 2);
  expect(server.requests).toHaveLength(3);
});

/** In HTTP's format, without fractions of a second. */
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();

/** How long a source that should connect again immediately waits after a refusal with that header. */
async function waitAfter(retryAfter: string) {
  const server = await listen(hold(status('503 Service Unavailable', EMPTY, `Retry-After: ${retryAfter}`)));
  const { reconnectIn = -1 } = await ending(connect(server.url, EAGER));
  return { reconnectIn, requests: server.requests };
}

test.each<[what: string, value: () => string, least: number, most: number]>([
  ['of 1', () => '1', 1000, 1001],
  ['as a date', () => inSeconds(60), 30_000, 60_001],
])('Retry-After %s is the least that is waited', async (_what, value, least, most) => {
  const { reconnectIn } = await waitAfter(value());
  expect(reconnectIn).toBeGreaterThanOrEqual(least);
  expect(reconnectIn).toBeLessThanOrEqual(most);
});

test.each<[what: string, value: () => string]>([
  ['of 0', () => '0'],
  ['as a date that is over', () => inSeconds(-1000)],
  ['of -5', () => '-5'],
  ['of Infinity', () => 'Infinity'],
  ['of 1e9', () => '1e9'],
  ['of 0xffff', () => '0xffff'],
  ['of tomorrow', () => 'tomorrow'],
  ['of nothing', () => ''],
  ['of a year', () => '31536000'],
  ['of 400 digits', () => '9'.repeat(400)],
  ['in ten thousand years', () => 'Fri, 31 Dec 9999 23:59:59 GMT'],
])('Retry-After %s adds nothing', async (_what, value) => {
  expect((await waitAfter(value())).reconnectIn).toBeLessThanOrEqual(100);
});

test.each([
  ['of a month', '2592000'],
  ['in three hundred days', inSeconds(300 * 86_400)],
])('Retry-After %s does not overflow the timer', async (_what, value) => {
  const warnings = catchWarnings();
  const { reconnectIn, requests } = await waitAfter(value);
  expect(reconnectIn).toBeGreaterThan(2 ** 31);
  await aWhile();
  expect(requests).toHaveLength(1);
  expect(warnings).toEqual([]);
});

test('the request after Retry-After comes no sooner, and the stream goes on', async () => {
  const server = await listen(hold(status('429 Too Many Requests', EMPTY, 'Retry-After: 1')), resume('a'));
  const source = connect(server.url, EAGER);
  await next(source, 'message');
  const [first, second] = server.requests;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
});

test('shouldReconnect cannot undercut Retry-After', async () => {
  const server = await listen(hold(status('503 Service Unavailable', EMPTY, 'Retry-After: 5')));
  const source = connect(server.url, { reconnect: { reconnectionTime: 1, shouldReconnect: () => 1 } });
  expect((await ending(source)).reconnectIn).toBeGreaterThanOrEqual(5000);
});

const REFUSED = status('401 Unauthorized', EMPTY);

test('after an expired token, a new one is requested at once, without an error event', async () => {
  const server = await listen(hold(REFUSED), end(head(), 'data: a\n\n'), hold(REFUSED), resume('b'));
  const tokens: unknown[] = [];
  const events: string[] = [];
  const source = connect(server.url, {
    ...EAGER,
    headers: ({ error, failures }) => {
      tokens.push([error?.status ?? error?.code, failures]);
      return { Authorization: `Bearer ${tokens.length}` };
    },
  });
  for (const type of ['open', 'error']) source.addEventListener(type, () => void events.push(type));
  source.onmessage = ({ data }) => void events.push(data);
  await until(() => events.includes('b'));
  expect(events).toEqual(['open', 'a', 'error', 'open', 'b']);
  expect(tokens).toEqual([
    [undefined, 0],
    [401, 0],
    ['end-of-stream', 0],
    [401, 0],
  ]);
  expect(server.requests.map(({ headers }) => headers['authorization'])).toEqual(
    [1, 2, 3, 4].map((token) => `Bearer ${token}`),
  );
});

test.each<[what: string, init: Init, requests: number]>([
  ['a headers function, it is asked twice and fails', { headers: () => ({ Authorization: 'Bearer x' }) }, 2],
  ['fixed headers, it fails at once', { headers: { Authorization: 'Bearer x' } }, 1],
  [
    'a headers function and a POST, it is sent twice and fails',
    { headers: () => ({}), method: 'POST', body: 'a' },
    2,
  ],
  [
    'reconnect: false and a headers function, it is asked twice and fails',
    { headers: () => ({}), reconnect: false },
    2,
  ],
])('401 for good: with %s', async (_what, init, requests) => {
  const server = await listen(hold(REFUSED));
  const source = connect(server.url, init);
  expect(await ending(source)).toMatchObject({ code: 'http-status', status: 401, readyState: 2 });
  expect(server.requests).toHaveLength(requests);
  source.close();
  expect(source.readyState).toBe(2);
});

test('a source that failed stays as it is', async () => {
  const server = await listen(hold(status('404 Not Found', 'Connection: close', EMPTY)));
  const source = connect(server.url);
  await ending(source);
  source.reconnect();
  source.close();
  await until(() => server.sockets[0]?.end());
  await expectQuiet(source, server);
});

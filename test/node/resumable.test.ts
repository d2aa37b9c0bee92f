import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type EventSourceErrorEvent,
  type Failure,
  FetchEventSource,
  type FetchEventSourceInit,
} from '../../src/index.js';
import { type RecordStorage, type ResumableOptions, resumable } from '../../src/resumable.js';
import { whileVisible } from '../../src/visible.js';
import { connect, eventStream, next } from '../scripted.js';

type Fetch = NonNullable<FetchEventSourceInit['fetch']>;

const WORDS = ['The', 'sky', 'is', 'blue', '[DONE]'];

const toEvents = (after: number) =>
  WORDS.slice(after)
    .map((word, index) => `id: ${after + index + 1}\ndata: ${word}\n\n`)
    .join('');

const QUESTION = { method: 'POST', body: 'Why?', headers: { 'Content-Type': 'text/plain', 'X-Token': 't' } };

/** Storage that outlives a page, as a page's own does. */
function createStorage(): RecordStorage & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
}

/** Reads an answer to its end. */
async function read(url: string, fetch: Fetch, init: FetchEventSourceInit = {}) {
  const words: string[] = [];
  let error: EventSourceErrorEvent['error'] | undefined;
  // As the policy would, but at once.
  const isBreak = ({ error }: Failure) => /network|end-of-stream/.test(error.code);
  const shouldReconnect = (failure: Failure) => (isBreak(failure) ? 0 : undefined);
  const reconnect = { reconnectionTime: 0, shouldReconnect };
  const source = connect(url, { ...QUESTION, reconnect, done: '[DONE]', fetch, ...init });
  try {
    for await (const { data } of source) words.push(data);
  } catch (cause) {
    error = cause as typeof error;
  }
  return { words, error, source };
}

describe('killed at every byte', () => {
  /** A server that counts, and cuts its first connection after so many bytes of the exchange. Each is used once. */
  class Killer {
    accepted = 0;
    readonly requests: string[] = [];
    #left = Infinity;
    readonly #server: Server = createServer((socket) => this.#serve(socket));
    origin = '';

    constructor(left: number) {
      this.#left = left;
    }

    async listen() {
      this.#server.listen(0, '127.0.0.1');
      await once(this.#server, 'listening');
      this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
      onTestFinished(() => void this.#server.close());
      return this;
    }

    #serve(socket: Socket) {
      const limit = this.#left;
      this.#left = Infinity;
      let request = '';
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        request += chunk.toString('latin1');
        const [head = '', body] = request.split('\r\n\r\n');
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (request.length > limit) return socket.resetAndDestroy();
        if (body === undefined || body.length < length) return;
        const answer = Buffer.from(this.#answer(head));
        const left = limit - request.length;
        if (left >= answer.length) return socket.end(answer);
        // What is written before is on its way when the connection is reset.
        return socket.write(answer.subarray(0, left), () => setImmediate(() => socket.resetAndDestroy()));
      });
    }

    #answer(head: string): string {
      this.requests.push(head.slice(0, head.indexOf(' HTTP')));
      const common = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n';
      const isPost = head.startsWith('POST');
      if (isPost) this.accepted++;
      else if (!this.accepted)
        return 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
      const after = Number(/last-event-id: (\d+)/i.exec(head)?.[1] ?? 0);
      return `${common}${isPost ? 'Location: /answer\r\n' : ''}\r\n${toEvents(after)}`;
    }
  }

  /** How many bytes the first exchange takes, and how many of them the head of the response ends after. */
  async function measure() {
    const requests: number[] = [];
    const server = createServer((socket) => {
      socket.on('data', (chunk) => {
        requests.push(chunk.length);
        socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await read(`http://127.0.0.1:${port}/ask`, resumable({ key: 'm', storage: createStorage() }));
    server.close();
    const head =
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\nLocation: /answer\r\n\r\n';
    const request = requests.reduce((sum, length) => sum + length, 0);
    return { head: request + head.length, all: request + head.length + toEvents(0).length };
  }

  test.each([
    ['where the response says where its answer is', undefined],
    ['where that is chosen before', () => '/answer'],
  ])(
    '%s: at most one accepted POST, and the whole answer once or one error',
    async (_where, address) => {
      const { head, all } = await measure();
      const outcomes = new Set<string>();
      for (let bytes = 1; bytes <= all; bytes++) {
        const server = await new Killer(bytes).listen();
        const storage = createStorage();
        const options = { key: 'k', storage, address };
        const outcome = await read(`${server.origin}/ask`, resumable(options));
        expect(server.accepted, `${bytes}`).toBeLessThanOrEqual(1);
        const isWhole = outcome.words.join() === WORDS.slice(0, -1).join();
        outcomes.add(`${isWhole ? 'whole' : outcome.error?.code}, ${server.accepted} accepted`);
        if (isWhole) {
          if (!address) expect(bytes, 'the head has come').toBeGreaterThanOrEqual(head);
          continue;
        }
        expect(outcome.words).toEqual([]);
        if (!address) {
          expect(bytes, 'the head has not come').toBeLessThan(head + toEvents(0).length);
          expect(outcome.error?.code).toBe('not-resumable');
        } else expect(outcome.error).toMatchObject({ status: 404 });
        // A page that is loaded again does not send it either, as long as it may have been accepted.
        if (address) continue;
        const again = await read(`${server.origin}/ask`, resumable(options));
        expect([server.accepted <= 1, again.error?.code]).toEqual([true, 'not-resumable']);
      }
      const expected = address
        ? ['http-status, 0 accepted', 'whole, 1 accepted']
        : ['not-resumable, 0 accepted', 'not-resumable, 1 accepted', 'whole, 1 accepted'];
      expect([...outcomes].sort()).toEqual(expected);
    },
    120_000,
  );
});

/** Responses in turn, and the requests that they answer. */
function answer(...responses: (Response | Error)[]) {
  const fetch = vi.fn<Fetch>(async () => {
    const response = responses.shift() ?? new Response(null, { status: 500 });
    if (response instanceof Error) throw response;
    return response;
  });
  return {
    fetch,
    sent: () => fetch.mock.calls.map(([url, { method }]) => `${method} ${url}`),
    headers: (index: number) => fetch.mock.calls[index]?.[1].headers as Headers,
  };
}

const URL_ = 'https://a.test/ask';
const located = (text: string, location = '/answers/1') =>
  eventStream(text, { headers: { 'Content-Type': 'text/event-stream', Location: location } });

afterEach(() => vi.unstubAllGlobals());

test('the rest is a GET with the last event ID and headers asked anew, without body and Content-*', async () => {
  const { fetch, sent, headers } = answer(located('id: 1\ndata: The\n\n'), eventStream(toEvents(1)));
  let token = 0;
  const init = { headers: () => ({ 'Content-Type': 'text/plain', 'X-Token': `${++token}` }) };
  const { words } = await read(URL_, resumable({ key: 'k', storage: createStorage(), fetch }), init);
  expect(words).toEqual(['The', 'sky', 'is', 'blue']);
  expect(sent()).toEqual(['POST https://a.test/ask', 'GET https://a.test/answers/1']);
  expect(fetch.mock.calls[1]?.[1].body).toBeNull();
  expect(Object.fromEntries(headers(1))).toMatchObject({ 'last-event-id': '1', 'x-token': '2' });
  expect(headers(1).has('Content-Type')).toBe(false);
});

test('it works through whileVisible() as well', async () => {
  const { fetch, sent } = answer(located('id: 1\ndata: The\n\n'), eventStream(toEvents(1)));
  const storage = createStorage();
  const { words } = await read(URL_, resumable({ key: 'k', storage, fetch: whileVisible({ fetch }) }));
  expect([words.length, sent().length]).toEqual([4, 2]);
});

test.each([
  ['from its start', undefined, null, WORDS],
  ['from where the page was', '2', '2', WORDS.slice(2)],
])('a page that is loaded again goes on with the answer %s', async (_where, from, id, expected) => {
  const storage = createStorage();
  const first = answer(located('id: 1\ndata: The\n\nid: 2\ndata: sky\n\n'));
  const source = connect(URL_, { ...QUESTION, fetch: resumable({ key: 'k', storage, fetch: first.fetch }) });
  await next(source, 'message');
  source.close();
  const second = answer(eventStream(toEvents(Number(from ?? 0))));
  const { words } = await read(URL_, resumable({ key: 'k', storage, from, fetch: second.fetch }));
  expect(words).toEqual(expected.slice(0, -1));
  expect(second.sent()).toEqual(['GET https://a.test/answers/1']);
  expect(second.headers(0).get('Last-Event-ID')).toBe(id);
});

test('`from` is for the answer that was there, not for another question', async () => {
  const { fetch, headers } = answer(located(': hi\n'), eventStream(toEvents(0)));
  await read(URL_, resumable({ key: 'k', storage: createStorage(), from: '9', fetch }));
  expect([headers(0).has('Last-Event-ID'), headers(1).has('Last-Event-ID')]).toEqual([false, false]);
});

test.each<[string, FetchEventSourceInit, string]>([
  ['another body', { body: 'How?' }, URL_],
  ['another form', { body: new URLSearchParams({ a: 'b' }) }, URL_],
  ['another URL', {}, `${URL_}?b`],
  ['another method', { method: 'PATCH' }, URL_],
])('%s is another question, which is sent and takes the place of the first', async (_what, init, url) => {
  const storage = createStorage();
  const { fetch, sent } = answer(located(toEvents(0)), located(toEvents(0)), located(toEvents(0)));
  await read(URL_, resumable({ key: 'k', storage, fetch }));
  await read(url, resumable({ key: 'k', storage, fetch }), init);
  expect(sent()[1]).toBe(`${init.method ?? 'POST'} ${url}`);
  expect(storage.kept.size).toBe(1);
  await read(URL_, resumable({ key: 'other', storage, fetch }));
  expect([sent()[2], storage.kept.size]).toEqual([`POST ${URL_}`, 2]);
});

test('the same form is the same question, although its boundary is another one', async () => {
  const storage = createStorage();
  const { fetch, sent } = answer(located(toEvents(0)), eventStream(toEvents(0)), located(toEvents(0)));
  const body = (text: string) => () => {
    const form = new FormData();
    form.set('a', 'b');
    form.set('file', new Blob([text]));
    return form;
  };
  for (const text of ['c', 'c', 'd']) {
    await read(URL_, resumable({ key: 'k', storage, fetch }), { body: body(text) });
  }
  expect(sent().map((line) => line.split(' ')[0])).toEqual(['POST', 'GET', 'POST']);
});

test.each([401, 425, 429, 503])(
  'after a %i, which says that nothing was begun, it is sent again',
  async (status) => {
    const { fetch, sent } = answer(new Response('', { status }), located(toEvents(0)));
    const reconnect = { reconnectionTime: 0, statuses: [401, 425, 429, 503], shouldReconnect: () => 0 };
    const { words } = await read(URL_, resumable({ key: 'k', storage: createStorage(), fetch }), {
      reconnect,
    });
    expect([words.length, sent()]).toEqual([4, [`POST ${URL_}`, `POST ${URL_}`]]);
  },
);

test.each([400, 500, 502, 504])('after a %i it is not, whatever the policy', async (status) => {
  const { fetch } = answer(new Response('', { status }));
  const reconnect = { reconnectionTime: 0, shouldReconnect: () => true };
  const { error } = await read(URL_, resumable({ key: 'k', storage: createStorage(), fetch }), { reconnect });
  expect([error?.code, fetch.mock.calls.length]).toEqual(['not-resumable', 1]);
});

test.each([204, 404, 410])(
  'a %i for the rest forgets the question, but the helper does not send it again',
  async (status) => {
    const storage = createStorage();
    const { fetch } = answer(located('id: 1\ndata: a\n\n'), new Response(null, { status }));
    const helper = resumable({ key: 'k', storage, fetch });
    const reconnect = { reconnectionTime: 0, shouldReconnect: () => true };
    const { error } = await read(URL_, helper, { reconnect });
    expect([error?.code, fetch.mock.calls.length, storage.kept.size]).toEqual(['not-resumable', 2, 0]);
    helper.forget();
    await read(URL_, helper);
    expect(fetch).toHaveBeenCalledTimes(3);
  },
);

test.each<[string, ResumableOptions['done']]>([
  ['a text', '[DONE]'],
  ['a function', ({ data, type }) => type === 'message' && data === '[DONE]'],
])('its own `done`, %s, forgets the question', async (_what, done) => {
  const storage = createStorage();
  const { fetch } = answer(located(toEvents(0)));
  const { words, error } = await read(URL_, resumable({ key: 'k', storage, done, fetch }), {
    done: undefined,
  });
  expect(words).toEqual(WORDS);
  expect([error?.code, fetch.mock.calls.length, storage.kept.size]).toEqual(['not-resumable', 1, 0]);
});

test('close() keeps it, and what is kept is no more than address, time and digest', async () => {
  const storage = createStorage();
  const { fetch } = answer(located('id: 1\ndata: a\n\n'));
  const source = connect(URL_, { ...QUESTION, fetch: resumable({ key: 'k', storage, fetch }) });
  await next(source, 'message');
  source.close();
  const [name, value = ''] = [...storage.kept][0] ?? [];
  expect(name).toBe('eventsource-fetch k');
  expect(JSON.parse(value)).toEqual({
    address: 'https://a.test/answers/1',
    time: expect.any(Number),
    digest: expect.any(String),
  });
});

test('an answer at another origin is refused, unless that is listed', async () => {
  const other = 'https://b.test/1';
  const first = answer(located('id: 1\ndata: The\n\n', other));
  const refused = await read(URL_, resumable({ key: 'k', storage: createStorage(), fetch: first.fetch }));
  expect([refused.words, refused.error?.code, first.sent()]).toEqual([
    ['The'],
    'not-resumable',
    [`POST ${URL_}`],
  ]);
  expect(refused.error?.message).toContain('https://b.test');
  const { fetch, sent } = answer(located('id: 1\ndata: The\n\n', other), eventStream(toEvents(1)));
  const options = { key: 'k', storage: createStorage(), origins: ['https://b.test'], fetch };
  expect((await read(URL_, resumable(options))).words).toHaveLength(4);
  expect(sent()[1]).toBe(`GET ${other}`);
});

test('the address may be a function of the response', async () => {
  const { fetch, sent } = answer(
    eventStream('id: 1\ndata: The\n\n', { headers: { 'Content-Type': 'text/event-stream', 'X-Id': '5' } }),
    eventStream(toEvents(1)),
  );
  const address = (key: string, response?: Response) =>
    response && `/answers/${key}/${response.headers.get('X-Id')}`;
  await read(URL_, resumable({ key: 'k', storage: createStorage(), address, fetch }));
  expect(sent()[1]).toBe('GET https://a.test/answers/k/5');
});

test.each([201, 202])('a %i with a Location has its answer there', async (status) => {
  const { fetch, sent } = answer(
    new Response('{}', { status, headers: { Location: '/answers/1' } }),
    eventStream(toEvents(0)),
  );
  const { words } = await read(URL_, resumable({ key: 'k', storage: createStorage(), fetch }));
  expect([words.length, sent()]).toEqual([4, [`POST ${URL_}`, 'GET https://a.test/answers/1']]);
});

test('a redirect that somebody else would follow is refused: it would be sent again unseen', async () => {
  const { fetch } = answer(new Response('', { status: 307, headers: { Location: '/there' } }));
  const { error } = await read(URL_, resumable({ key: 'k', storage: createStorage(), fetch }));
  expect([error?.code, fetch.mock.calls.length]).toEqual(['not-resumable', 1]);
  expect(error?.message).toContain("redirect: 'follow'");
});

test('of two sources with the same question at once, one sends it', async () => {
  const storage = createStorage();
  const { fetch } = answer(located(toEvents(0)), located(toEvents(0)));
  const both = [1, 2].map(() => read(URL_, resumable({ key: 'k', storage, fetch })));
  const outcomes = await Promise.all(both);
  expect(outcomes.map(({ words }) => words.length).sort()).toEqual([0, 4]);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test.each(['reconnect()', 'connectTimeout'])(
  '%s before the response does not send it again',
  async (what) => {
    const fetch = vi.fn<Fetch>(() => new Promise(() => {}));
    const init = { ...QUESTION, connectTimeout: what === 'connectTimeout' ? 1 : 0 };
    const reconnect = { reconnectionTime: 0 };
    const source = new FetchEventSource(URL_, { ...init, reconnect, fetch: resumable({ key: what, fetch }) });
    onTestFinished(() => source.close());
    await expect.poll(() => fetch.mock.calls.length).toBe(1);
    if (what === 'reconnect()') source.reconnect();
    const isFinal = ({ error }: EventSourceErrorEvent) => error?.code === 'not-resumable';
    await next<EventSourceErrorEvent>(source, 'error', isFinal);
    expect([source.readyState, fetch.mock.calls.length]).toEqual([2, 1]);
  },
);

test('a GET is left alone, and so is whatever else may be repeated', async () => {
  const storage = createStorage();
  const { fetch, sent } = answer(eventStream('data: a\n\n'), eventStream('data: [DONE]\n\n'));
  const init = { method: 'GET', body: undefined, headers: {} };
  await read(URL_, resumable({ key: 'k', storage, fetch }), init);
  expect([sent(), storage.kept.size]).toEqual([[`GET ${URL_}`, `GET ${URL_}`], 0]);
});

test('pages keep it in their sessionStorage; where that is refused, in memory', async () => {
  const sessionStorage = createStorage();
  vi.stubGlobal('document', { baseURI: URL_ });
  vi.stubGlobal('sessionStorage', sessionStorage);
  await read(URL_, resumable({ key: 'page', fetch: answer(located(toEvents(0))).fetch }));
  expect(sessionStorage.kept.size).toBe(1);
  Object.defineProperty(globalThis, 'sessionStorage', {
    configurable: true,
    get() {
      throw new Error('refused');
    },
  });
  const { fetch, sent } = answer(located(toEvents(0)), eventStream(toEvents(0)));
  for (let times = 0; times < 2; times++) await read(URL_, resumable({ key: 'refused', fetch }));
  expect(sent()).toEqual([`POST ${URL_}`, 'GET https://a.test/answers/1']);
});

test('wrong options are a TypeError', () => {
  for (const options of [{ key: '' }, { key: 5 as never }, { key: 'k', fetch: 'x' as never }])
    expect(() => resumable(options)).toThrow(TypeError);
});

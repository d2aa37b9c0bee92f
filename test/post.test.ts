import { describe, expect, test } from 'vitest';
import { FetchEventSource, type FetchEventSourceError, type FetchEventSourceInit } from '../src/index.js';
import { connect, eventStream, isWebKit, next, type ScriptedResponse, script } from './scripted.js';

const TOKENS = ['data: a\n\n', 'data: b\n\n'];

/** WebKitGTK reports a broken connection as a clean end. */
const BROKEN = isWebKit ? 'end-of-stream' : 'not-resumable';

const ENDS: [string, ScriptedResponse, string][] = [
  ['a clean end', { chunks: TOKENS }, 'end-of-stream'],
  ['a clean end without any event', {}, 'end-of-stream'],
  ['a connection that breaks', { chunks: TOKENS, after: 'cut' }, BROKEN],
  ['a connection that breaks before the first event', { after: 'cut' }, BROKEN],
  ['a 429', { status: 429, headers: { 'Retry-After': '0' } }, 'http-status'],
  ['a 500', { status: 500 }, 'http-status'],
  ['a 503', { status: 503, headers: { 'Retry-After': '0' } }, 'http-status'],
];

const POST = { method: 'POST', body: '{"stream":true}' };

describe('as the server counts them', () => {
  test.each(ENDS)('no second POST follows %s', async (_, response, code) => {
    const { url, requests } = await script(response);
    const source = connect(url, POST);
    const { error } = await next<Event & { error: FetchEventSourceError }>(source, 'error');
    expect(error.code).toBe(code);
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
    expect(await requests()).toHaveLength(1);
  });

  test.each(ENDS)(
    '%s is followed by another POST, body and all, if reconnect asks for it',
    async (_, response) => {
      const { url, requests } = await script(response, { chunks: ['data: c\n\n'], after: 'hold' });
      const source = connect(url, { ...POST, reconnect: { reconnectionTime: 0, maxBackoff: 0 } });
      await next(source, 'message', ({ data }) => data === 'c');
      const sent = await requests();
      expect(sent.map(({ method, body }) => [method, body])).toEqual(Array(2).fill(['POST', POST.body]));
    },
  );

  // Browsers repeat a request on a reused connection if nothing came back at all.
  test('only fetch itself repeats a request whose connection broke before the response', async () => {
    const [served, plain] = [await script({ after: 'refuse' }), await script({ after: 'refuse' })];
    let calls = 0;
    const source = connect(served.url, {
      ...POST,
      fetch(input, init) {
        calls++;
        return fetch(input, init);
      },
    });
    const { error } = await next<Event & { error: FetchEventSourceError }>(source, 'error');
    expect(error.code).toBe('not-resumable');
    expect(source.readyState).toBe(FetchEventSource.CLOSED);
    expect(calls).toBe(1);
    // This leaves a connection that fetch itself can reuse, and so could the source.
    const sent = await served.requests();
    await expect(fetch(plain.url, POST)).rejects.toThrow();
    expect(sent).toHaveLength((await plain.requests()).length);
  });

  test('a loop that is left has sent one POST, and the server notices its end', async () => {
    const { url, requests, open } = await script({ chunks: TOKENS, after: 'hold' });
    for await (const { data } of connect(url, POST)) if (data === 'b') break;
    await expect.poll(open).toBe(0);
    expect(await requests()).toHaveLength(1);
  });

  test('a loop ends normally with a stream that ends without a sentinel', async () => {
    const { url, requests } = await script({ chunks: TOKENS });
    const tokens: string[] = [];
    for await (const { data } of connect(url, { ...POST, done: '[DONE]' })) tokens.push(data);
    expect(tokens).toEqual(['a', 'b']);
    expect(await requests()).toHaveLength(1);
  });

  /** What a source over a stream of this text delivers and how often it fails, with its state at the end. */
  async function end(text: string, init: FetchEventSourceInit) {
    const log: string[] = [];
    const source = connect('https://source.test/', {
      fetch: async () => eventStream(text),
      ...POST,
      ...init,
    });
    source.onmessage = ({ data }) => log.push(data);
    source.onerror = ({ error }) => log.push(error?.code ?? '');
    await expect.poll(() => source.readyState).toBe(FetchEventSource.CLOSED);
    return [...log, source.lastEventId];
  }

  test.each([
    ['drops a last event without its blank line', {}, ['a', 'end-of-stream', '']],
    [
      'delivers it with `flush`, and says that the stream ended',
      { flush: true },
      ['a', 'b', 'end-of-stream', '7'],
    ],
    ['does not say so when that event is the `done` one', { flush: true, done: 'b' }, ['a', '7']],
    ['says so when `done` never came', { flush: true, done: 'c' }, ['a', 'b', 'end-of-stream', '7']],
  ])('%s', async (_what, init, expected) => {
    for (const text of ['id: 7\ndata: b', 'id: 7\ndata: b\r\n']) {
      expect(await end(`data: a\n\n${text}`, init)).toEqual(expected);
    }
  });

  test('`flush` delivers nothing unfinished once the source is closed, or of a stream that breaks', async () => {
    const source = connect('https://source.test/', {
      fetch: async () => eventStream('data: a\n\ndata: b'),
      flush: true,
    });
    const log: string[] = [];
    source.onmessage = ({ data }) => {
      log.push(data);
      source.close();
    };
    await expect.poll(() => source.readyState).toBe(FetchEventSource.CLOSED);
    const broken = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(new TextEncoder().encode('data: c'));
        controller.error(new Error('broken'));
      },
    });
    const init = { fetch: async () => eventStream(broken), flush: true, reconnect: false } as const;
    const other = connect('https://source.test/', init);
    other.onmessage = ({ data }) => log.push(data);
    await expect.poll(() => other.readyState).toBe(FetchEventSource.CLOSED);
    expect(log).toEqual(['a']);
  });
});

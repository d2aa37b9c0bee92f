import { describe, expect, onTestFinished, test } from 'vitest';
import { cdp, server } from 'vitest/browser';
import { FetchEventSource, type FetchEventSourceError } from '../../src/index.js';
import { connect, next, record, type Scripted, script } from '../scripted.js';
import { openPage } from './realms.js';

type ErrorEventLike = Event & { error: FetchEventSourceError; reconnectIn?: number };

const AUTHORIZATION = { Authorization: 'Bearer secret' };
const AGAIN_AT_ONCE = { reconnectionTime: 1, maxBackoff: 1 };

/** The same server under another name, which makes it another origin. */
const elsewhere = ({ url }: Scripted) => url.replace('127.0.0.1', 'localhost');

/**
 * Watches for preflights through the browser's debugging protocol, which only Chromium has. The function that it
 * returns says how many there have been for a URL.
 */
async function watchPreflights(): Promise<(url: string) => Promise<number>> {
  const session = cdp();
  const urls: string[] = [];
  const listener = ({ request }: { request: { method: string; url: string } }) => {
    if (request.method === 'OPTIONS') urls.push(request.url);
  };
  // First, because Vitest creates its session at the first of these.
  await session.send('Network.enable');
  session.on('Network.requestWillBeSent', listener);
  onTestFinished(async () => {
    // Vitest crashes on an event that comes after the page has gone.
    await session.send('Network.disable');
    session.off('Network.requestWillBeSent', listener);
  });
  return async (url) => {
    // Once this one has been reported, all before it have been too.
    const last = (await script({})).url;
    await fetch(last, { headers: { 'X-Last': '1' } });
    await expect.poll(() => urls).toContain(last);
    return urls.filter((seen) => seen.replace(/\?.*/, '') === url).length;
  };
}

describe.runIf(server.browser === 'chromium')('T18: preflights', () => {
  test('T18: a bare source needs no preflight', async () => {
    const preflights = await watchPreflights();
    const served = await script({ after: 'hold' });
    await next(connect(served.url), 'open');
    expect(new URL(served.url).origin).not.toBe(location.origin);
    expect(await preflights(served.url)).toBe(0);
    const [request] = await served.requests();
    expect(request?.headers).toMatchObject({
      origin: location.origin,
      'sec-fetch-mode': 'cors',
      accept: 'text/event-stream',
      'cache-control': 'no-cache',
    });
  });

  test('T18: an Authorization header costs a preflight and reaches a server that allows it', async () => {
    const preflights = await watchPreflights();
    const served = await script({ chunks: ['data: a\n\n'], after: 'hold' });
    const source = connect(served.url, { headers: AUTHORIZATION });
    expect((await next(source, 'message')).data).toBe('a');
    expect(await preflights(served.url)).toBe(1);
    const requests = await served.requests();
    expect(requests).toHaveLength(1);
    expect(requests[0]?.headers['authorization']).toBe('Bearer secret');
  });

  test('T18: Last-Event-ID costs a preflight when the source connects again', async () => {
    const preflights = await watchPreflights();
    const served = await script(
      { chunks: ['id: 1\ndata: a\n\n'] },
      { chunks: ['data: b\n\n'], after: 'hold' },
    );
    const source = connect(served.url, { reconnect: AGAIN_AT_ONCE });
    await next(source, 'message', ({ data }) => data === 'b');
    expect(await preflights(served.url)).toBe(1);
    const [first, second] = await served.requests();
    expect(first?.headers).not.toHaveProperty('last-event-id');
    expect(second?.headers['last-event-id']).toBe('1');
  });

  test('T18: lastEventIdParam resumes without a preflight', async () => {
    const preflights = await watchPreflights();
    const served = await script(
      { chunks: ['id: 1/x\ndata: a\n\n'] },
      { chunks: ['data: b\n\n'], after: 'hold' },
    );
    const url = `${served.url}?topic=news`;
    const source = connect(url, { lastEventIdParam: 'after', reconnect: AGAIN_AT_ONCE });
    await next(source, 'message', ({ data }) => data === 'b');
    expect(await preflights(served.url)).toBe(0);
    const [first, second] = await served.requests();
    expect(first?.url).not.toContain('after');
    expect(second?.headers).not.toHaveProperty('last-event-id');
    expect(new URL(second?.url ?? '', served.url).searchParams.get('after')).toBe('1/x');
    expect(source.url).toBe(url);
  });
});

describe('T18: across origins', () => {
  test('T18: a POST with JSON and a token reaches a server that allows it', async () => {
    const served = await script({ chunks: ['data: a\n\n'], after: 'hold' });
    const source = connect(served.url, {
      method: 'POST',
      headers: { ...AUTHORIZATION, 'Content-Type': 'application/json' },
      body: '{"a":1}',
    });
    await next(source, 'message');
    const [request] = await served.requests();
    expect(request).toMatchObject({ method: 'POST', body: '{"a":1}' });
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer secret',
      'content-type': 'application/json',
    });
  });

  test.each([
    ['without an Authorization header', {}],
    ['with an Authorization header', { headers: AUTHORIZATION }],
  ])('T18: a server that allows only others is a network error, %s', async (_, init) => {
    const served = await script({
      headers: { 'Access-Control-Allow-Origin': 'https://example.org' },
      chunks: ['data: secret\n\n'],
    });
    const source = connect(served.url, { ...init, reconnect: AGAIN_AT_ONCE });
    const log = record(source);
    const { error, reconnectIn } = await next<ErrorEventLike>(source, 'error');
    expect(error).toMatchObject({ code: 'network', status: undefined, cause: expect.any(TypeError) });
    expect(error.message).not.toContain('secret');
    expect(reconnectIn).toBeGreaterThan(0);
    await next(source, 'error');
    expect(log).toEqual(['error:0', 'error:0']);
    expect((await served.requests()).length).toBeGreaterThan(1);
  });

  test('rule 4: withCredentials needs a server that names the origin and allows credentials', async () => {
    const any = await script({ after: 'hold' });
    const refused = connect(any.url, { withCredentials: true });
    expect((await next<ErrorEventLike>(refused, 'error')).error.code).toBe('network');
    const named = await script({
      headers: {
        'Access-Control-Allow-Origin': location.origin,
        'Access-Control-Allow-Credentials': 'true',
      },
      after: 'hold',
    });
    await next(connect(named.url, { withCredentials: true }), 'open');
  });

  test('rule 27: after a redirect to another origin, origin is the new one and url is the old one', async () => {
    const target = await script({ chunks: ['data: there\n\n'], after: 'hold' });
    const from = await script({ status: 302, headers: { Location: elsewhere(target) } });
    const source = connect(from.url);
    const event = await next(source, 'message');
    expect(event.origin).toBe(new URL(elsewhere(target)).origin);
    expect(event.origin).not.toBe(new URL(from.url).origin);
    expect(source.url).toBe(from.url);
  });

  test('a redirect to another origin drops Authorization, and no other header', async () => {
    const target = await script({ after: 'hold' });
    const from = await script({ status: 307, headers: { Location: elsewhere(target) } });
    await next(connect(from.url, { headers: { ...AUTHORIZATION, 'X-Key': 'other' } }), 'open');
    const [first] = await from.requests();
    expect(first?.headers).toMatchObject({ authorization: 'Bearer secret', 'x-key': 'other' });
    const [second] = await target.requests();
    expect(second?.headers).not.toHaveProperty('authorization');
    expect(second?.headers['x-key']).toBe('other');
  });

  test("redirect: 'error' keeps every header from another origin, as a network error", async () => {
    const target = await script({ after: 'hold' });
    const from = await script({ status: 307, headers: { Location: elsewhere(target) } });
    const source = connect(from.url, { headers: { 'X-Key': 'other' }, redirect: 'error' });
    expect((await next<ErrorEventLike>(source, 'error')).error.code).toBe('network');
    expect(await target.requests()).toEqual([]);
  });
});

describe('rule 55: Content Security Policy', () => {
  test("rule 55: a refusal by the page's Content Security Policy is a network error like any other", async () => {
    const served = await script({ chunks: ['data: a\n\n'], after: 'hold' });
    const { page } = await openPage(
      `<meta http-equiv="Content-Security-Policy" content="connect-src 'none'">`,
    );
    const refused = next<SecurityPolicyViolationEvent>(page.document, 'securitypolicyviolation');
    const source = new page.FetchEventSource(served.url, { reconnect: AGAIN_AT_ONCE });
    onTestFinished(() => source.close());
    const log = record(source);
    const { error, reconnectIn } = await next<ErrorEventLike>(source, 'error');
    expect(error).toMatchObject({ code: 'network', status: undefined, cause: { name: 'TypeError' } });
    expect(reconnectIn).toBeGreaterThan(0);
    expect(source.readyState).toBe(FetchEventSource.CONNECTING);
    expect((await refused).blockedURI).toBe(served.url);
    await next(source, 'error');
    expect(log).toEqual(['error:0', 'error:0']);
    expect(await served.requests()).toEqual([]);
  });

  test('rule 55: a policy that allows the server is none of our business', async () => {
    const served = await script({ chunks: ['data: a\n\n'], after: 'hold' });
    const { origin } = new URL(served.url);
    const { page } = await openPage(
      `<meta http-equiv="Content-Security-Policy" content="connect-src ${origin}">`,
    );
    const source = new page.FetchEventSource(served.url);
    onTestFinished(() => source.close());
    expect((await next(source, 'message')).data).toBe('a');
  });
});

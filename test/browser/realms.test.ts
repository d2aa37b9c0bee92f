import { describe, expect, onTestFinished, test } from 'vitest';
import { server } from 'vitest/browser';
import { connect, next, script, utf8 } from '../scripted.js';
import { LIBRARY, openInWorker, openPage, WORKERS } from './realms.js';

const KINDS = [
  ['dedicated', 'DedicatedWorkerGlobalScope'],
  ['shared', 'SharedWorkerGlobalScope'],
  ['service', 'ServiceWorkerGlobalScope'],
] as const;

/** A transport that never answers. */
const silent: typeof fetch = () => new Promise(() => {});

describe('rule 51: the base URL', () => {
  test('rule 51: in a window it is document.baseURI', () => {
    const source = connect('relative?a=1', { fetch: silent });
    expect(source.url).toBe(new URL('relative?a=1', document.baseURI).href);
    expect(source.url).toBe(new URL('relative?a=1', location.href).href);
  });

  test('rule 51: in a page without a URL to resolve against it is still document.baseURI', async () => {
    const { page } = await openPage();
    expect(page.location.href).toBe('about:srcdoc');
    const source = new page.FetchEventSource('relative?a=1', { fetch: silent });
    onTestFinished(() => source.close());
    expect(source.url).toBe(new URL('relative?a=1', document.baseURI).href);
  });

  test("rule 51: it belongs to the page that loaded the library, and respects that page's <base>", async () => {
    const { page } = await openPage('<base href="https://base.example/directory/page?b=2">');
    const source = new page.FetchEventSource('relative?a=1', { fetch: silent });
    onTestFinished(() => source.close());
    expect(source.url).toBe('https://base.example/directory/relative?a=1');
    expect(connect('relative', { fetch: silent }).url).toBe(new URL('relative', location.href).href);
  });

  test.each(KINDS)('rule 51: in a %s worker it is location.href', async (kind, scope) => {
    const served = await script({ after: 'hold' });
    const report = openInWorker(await WORKERS[kind](), served.url);
    const hello = await report();
    expect(hello).toMatchObject({ scope, url: new URL('relative?a=1', import.meta.url).href });
    expect(hello).toHaveProperty('location', expect.stringContaining('/test/browser/worker.ts'));
  });

  test('rule 51: in a worker from a blob, relative URLs are a SyntaxError', async () => {
    const code = `
      import { FetchEventSource } from '${LIBRARY}';
      postMessage([FetchEventSource, EventSource].map((Class) => {
        try {
          return new Class('relative').url;
        } catch (exception) {
          return [exception instanceof DOMException, exception.name];
        }
      }));`;
    const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
    const worker = new Worker(url, { type: 'module' });
    onTestFinished(() => {
      worker.terminate();
      URL.revokeObjectURL(url);
    });
    const [ours, native] = (await next(worker, 'message')).data;
    expect(ours).toEqual([true, 'SyntaxError']);
    // Firefox resolves the URL against the page that made the blob.
    if (server.browser !== 'firefox') expect(ours).toEqual(native);
  });
});

describe('where a source runs', () => {
  test.each(KINDS)('rules 27, 31 and 32: a %s worker gets the events as a page does', async (kind) => {
    const served = await script(
      { chunks: ['id: 1\ndata: a\n\nevent: news\nda', `ta: ${utf8('ü€')}\n\n`] },
      { chunks: ['data: b\n\n'], after: 'hold' },
    );
    const report = openInWorker(await WORKERS[kind](), served.url);
    await report();
    const { origin } = new URL(served.url);
    expect(await report()).toMatchObject({ type: 'open', readyState: 1 });
    const message = { readyState: 1, lastEventId: '1', origin };
    expect(await report()).toEqual({ ...message, type: 'message', data: 'a' });
    expect(await report()).toEqual({ ...message, type: 'news', data: 'ü€' });
    expect(await report()).toMatchObject({ type: 'error', readyState: 0 });
    expect(await report()).toMatchObject({ type: 'open', readyState: 1 });
    expect(await report()).toEqual({ ...message, type: 'message', data: 'b' });
    const [, second] = await served.requests();
    expect(second?.headers['last-event-id']).toBe('1');
  });

  test('a page in a frame gets the events of its own realm', async () => {
    const served = await script({ chunks: ['data: a\n\n'], after: 'hold' });
    const { page } = await openPage();
    const source = new page.FetchEventSource(served.url);
    onTestFinished(() => source.close());
    const event = await next(source, 'message');
    expect(event.data).toBe('a');
    expect(event).not.toBeInstanceOf(MessageEvent);
    expect(event.constructor.name).toBe('MessageEvent');
  });
});

describe('rule 44: what ends with the page', () => {
  test('rule 44: removing the document ends the connection', async () => {
    const served = await script({ after: 'hold' });
    const { frame, page } = await openPage();
    await next(new page.FetchEventSource(served.url), 'open');
    expect(await served.open()).toBe(1);
    frame.remove();
    await expect.poll(served.open).toBe(0);
    expect(await served.requests()).toHaveLength(1);
  });

  test('rule 44: so does leaving it for another page', async () => {
    const served = await script({ after: 'hold' });
    const { frame, page } = await openPage();
    await next(new page.FetchEventSource(served.url), 'open');
    const loaded = next(frame, 'load');
    frame.removeAttribute('srcdoc');
    frame.src = 'about:blank';
    await loaded;
    await expect.poll(served.open).toBe(0);
  });

  test('rule 44: a source that waits makes no further request once its document is gone', async () => {
    const [gone, here] = [await script({}), await script({})];
    const { frame, page } = await openPage();
    const init = { reconnect: { reconnectionTime: 20, maxBackoff: 20 } };
    await next(new page.FetchEventSource(gone.url, init), 'error');
    frame.remove();
    const { length } = await gone.requests();
    // A source with the same wait measures the time in which this one would have come back.
    const meter = connect(here.url, init);
    for (let errors = 0; errors < 4; errors++) await next(meter, 'error');
    expect(await gone.requests()).toHaveLength(length);
  });

  test('rule 44: terminating a worker ends its connection', async () => {
    const served = await script({ after: 'hold' });
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    const report = openInWorker((url, transfer) => worker.postMessage(url, transfer), served.url);
    await report();
    expect(await report()).toMatchObject({ type: 'open' });
    expect(await served.open()).toBe(1);
    worker.terminate();
    await expect.poll(served.open).toBe(0);
  });
});

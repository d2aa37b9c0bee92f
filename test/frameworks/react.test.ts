import { join } from 'node:path';
import type { EventSourceState, HookOptions } from 'eventsource-fetch/react';
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventStream, type ScriptedResponse, script } from '../scripted.js';
import { type Loaded, load } from './react/load.js';

const held = (...chunks: string[]): ScriptedResponse => ({ chunks, after: 'hold' });

type State = EventSourceState<{ type: string; data: unknown; lastEventId: string }>;
/** The options may be those of any overload. */
type Arguments = [
  url: string | URL | null,
  options?: HookOptions<{ data: unknown }> & Record<string, unknown>,
];

describe.each([
  ['19', import.meta.dirname],
  ['18', join(import.meta.dirname, 'react-18')],
])('useEventSource in React %s', (version, packages) => {
  let page: Loaded;
  beforeAll(async () => {
    page = await load(packages);
    expect(page.React.version.split('.')[0]).toBe(version);
  });

  afterEach(() => vi.restoreAllMocks());

  /** A component with the hook, in strict mode. `states` has what each render got, and for which URL. */
  function createHook() {
    const states: { url: Arguments[0]; state: State }[] = [];
    function Component({ args }: { args: Arguments }) {
      const state = page.useEventSource(...args) as State;
      states.push({ url: args[0], state });
      return page.React.createElement('p', null, `${state.status.state} ${state.events.length}`);
    }
    const element = (...args: Arguments) =>
      page.React.createElement(page.React.StrictMode, null, page.React.createElement(Component, { args }));
    return { states, element };
  }

  /** The hook in the page, removed at the end of the test. */
  function mount(...args: Arguments) {
    const { states, element } = createHook();
    const root = page.createRoot(document.createElement('main'));
    let isMounted = true;
    const unmount = () => {
      if (isMounted) root.unmount();
      isMounted = false;
    };
    onTestFinished(unmount);
    const update = (...args: Arguments) => root.render(element(...args));
    update(...args);
    const current = () => states.at(-1)?.state as State;
    return {
      states,
      update,
      unmount,
      current,
      data: () => current()?.events.map(({ data }) => data),
      status: () => current()?.status,
    };
  }

  test('returns events of all types, over one connection, and React does not complain', async () => {
    const complaint = vi.spyOn(console, 'error');
    const served = await script(held('id: 1\ndata: one\n\n', 'event: price\ndata: 2\n\n'));
    const { current, data } = mount(served.url);
    await expect.poll(data).toEqual(['one', '2']);
    expect(current().events.map(({ type }) => type)).toEqual(['message', 'price']);
    expect(current().status).toEqual({ state: 'open', attempt: 1, wait: undefined, error: undefined });
    expect(await served.requests()).toHaveLength(1);
    expect(complaint).not.toHaveBeenCalled();
  });

  test('renders once per frame, however many events come, and keeps the last ones', async () => {
    const frames: (() => void)[] = [];
    vi.stubGlobal('requestAnimationFrame', (callback: () => void) => frames.push(callback));
    vi.stubGlobal('cancelAnimationFrame', () => {});
    onTestFinished(() => void vi.unstubAllGlobals());
    const { setTimeout } = globalThis;
    // The hook's own substitute for frames, which a hidden page would need.
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((callback: () => void, time?: number) =>
      time === 100 ? 0 : setTimeout(callback, time)) as typeof setTimeout);
    const body = Array.from({ length: 10_000 }, (_, index) => `data: ${index}\n\n`).join('');
    let seen = 0;
    const { states, data, status } = mount('http://source.test/', {
      fetch: async () => eventStream(body),
      reconnect: false,
      keep: 3,
      onEvent: () => void seen++,
    });
    await expect.poll(() => seen).toBe(10_000);
    await expect.poll(() => frames.length).toBeGreaterThan(0);
    const before = states.length;
    expect(data()).toEqual([]);
    for (const frame of frames.splice(0)) frame();
    await expect.poll(data).toEqual(['9997', '9998', '9999']);
    // Strict mode renders everything twice.
    expect(states.length).toBe(before + 2);
    for (const frame of frames.splice(0)) frame();
    await expect.poll(() => status().state).toBe('closed');
  });

  test('shows what came in a page that has no frames, as a hidden one', async () => {
    vi.stubGlobal('requestAnimationFrame', () => 1);
    onTestFinished(() => void vi.unstubAllGlobals());
    const served = await script(held('data: one\n\n'));
    await expect.poll(mount(served.url).data).toEqual(['one']);
  });

  test('calls the functions of the latest render, without connecting again for them', async () => {
    const served = await script({ chunks: ['retry: 1\ndata: 1\n\n'], after: 'hold' }, held('data: 2\n\n'));
    const log: string[] = [];
    const options = (token: string) => ({
      headers: async () => ({ Authorization: token }),
      parse: { message: (data: string) => `${token}${data}` },
      onEvent: ({ data }: { data: unknown }) => void log.push(`${token} ${data}`),
    });
    const { data, update, states } = mount(served.url, options('a'));
    await expect.poll(data).toEqual(['a1']);
    const before = states.length;
    update(served.url, options('b'));
    await expect.poll(() => states.length).toBeGreaterThan(before);
    await served.push('data: 1\n\n');
    await expect.poll(data).toEqual(['a1', 'b1']);
    await served.cut();
    await expect.poll(data).toEqual(['a1', 'b1', 'b2']);
    const requests = await served.requests();
    expect(requests.map(({ headers }) => headers['authorization'])).toEqual(['a', 'b']);
    expect(log).toEqual(['a a1', 'b b1', 'b b2']);
  });

  test('stays connected when options are new objects of the same value', async () => {
    const served = await script(held('data: 1\n\n'));
    const options = () => ({
      headers: new Headers({ 'X-Tenant': 'a' }),
      reconnect: { statuses: [503], shouldReconnect: () => undefined },
      signal: new AbortController().signal,
    });
    const { data, update } = mount(served.url, options());
    await expect.poll(data).toEqual(['1']);
    update(new URL(served.url), options());
    await served.push('data: 2\n\n');
    await expect.poll(data).toEqual(['1', '2']);
    expect(await served.requests()).toHaveLength(1);
  });

  test('connects again with other options, after the last event', async () => {
    const served = await script(held('id: 1\ndata: 1\n\n'), held('id: 2\ndata: 2\n\n'));
    const { data, update } = mount(served.url, { headers: new Headers({ 'X-Tenant': 'a' }) });
    await expect.poll(data).toEqual(['1']);
    update(served.url, { headers: new Headers({ 'X-Tenant': 'b' }) });
    await expect.poll(data).toEqual(['1', '2']);
    await expect.poll(served.open).toBe(1);
    const requests = await served.requests();
    expect(requests.map(({ headers }) => [headers['x-tenant'], headers['last-event-id']])).toEqual([
      ['a', undefined],
      ['b', '1'],
    ]);
  });

  test('starts over at another URL, and no render mixes the two', async () => {
    const [served, other] = [await script(held('id: 1\ndata: a\n\n')), await script(held('data: b\n\n'))];
    const { data, update, states } = mount(served.url);
    await expect.poll(data).toEqual(['a']);
    update(other.url);
    await expect.poll(data).toEqual(['b']);
    const mixed = states.filter(({ url, state }) =>
      state.events.some((event) => event.data !== (url === served.url ? 'a' : 'b')),
    );
    expect(mixed).toEqual([]);
    expect((await other.requests())[0]?.headers['last-event-id']).toBeUndefined();
    await expect.poll(served.open).toBe(0);
  });

  test('is closed without a URL, keeps its events, and resumes when it is back', async () => {
    const served = await script(held('id: 1\ndata: 1\n\n'), held('id: 2\ndata: 2\n\n'));
    const { data, update, status } = mount(null);
    await expect.poll(() => status()?.state).toBe('closed');
    update(served.url);
    await expect.poll(data).toEqual(['1']);
    update(null);
    await expect.poll(served.open).toBe(0);
    await expect.poll(() => status().state).toBe('closed');
    expect(data()).toEqual(['1']);
    update(served.url);
    await expect.poll(data).toEqual(['1', '2']);
    expect((await served.requests()).map(({ headers }) => headers['last-event-id'])).toEqual([
      undefined,
      '1',
    ]);
  });

  test('says how the connection is: attempts, waits and why', async () => {
    const answers = [
      () => eventStream('retry: 5\ndata: 1\n\n'),
      () => new Response('', { status: 503 }),
      () => new Response('', { status: 403 }),
      () => eventStream('data: 2\n\n'),
    ];
    const { states, status, current, data } = mount('http://source.test/', {
      fetch: async () => answers.shift()?.() as Response,
      reconnect: { maxBackoff: 0, statuses: [503] },
    });
    await expect.poll(() => status()?.state).toBe('closed');
    expect(status()).toMatchObject({ attempt: 2, wait: undefined, error: { status: 403 } });
    const waits = states.map(({ state }) => state.status).filter(({ wait }) => wait !== undefined);
    for (const { state, wait } of waits) expect([state, (wait as number) >= 5]).toEqual(['connecting', true]);
    current().reconnect();
    await expect.poll(data).toEqual(['1', '2']);
    current().close();
    await expect.poll(status).toEqual({ state: 'closed', attempt: 1, wait: undefined, error: undefined });
  });

  test('connects again at once when asked to, and a second attempt is the first again', async () => {
    const served = await script(
      { chunks: ['id: 1\ndata: 1\n\n'], after: 'hold' },
      held('id: 2\ndata: 2\n\n'),
    );
    const { data, current, status } = mount(served.url);
    await expect.poll(data).toEqual(['1']);
    current().reconnect();
    await expect.poll(data).toEqual(['1', '2']);
    await expect.poll(status).toMatchObject({ state: 'open', attempt: 1, error: undefined });
    await expect.poll(served.open).toBe(1);
  });

  test('takes a message that the server calls error for what it is', async () => {
    const served = await script(held('event: error\ndata: busy\n\n'));
    const { data, status } = mount(served.url);
    await expect.poll(data).toEqual(['busy']);
    expect(status()).toMatchObject({ state: 'open', error: undefined });
  });

  test('a throw of onEvent ends nothing', async () => {
    const thrown: unknown[] = [];
    const listener = (error: unknown) => thrown.push(error);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', listener);
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    });
    const served = await script(held('data: 1\n\n', 'data: 2\n\n'));
    const reason = new Error('mine');
    const { data } = mount(served.url, {
      onEvent: () => {
        throw reason;
      },
    });
    await expect.poll(data).toEqual(['1', '2']);
    expect(thrown).toEqual([reason, reason]);
  });

  test('leaves no connection behind, and sends nothing when unmounted at once', async () => {
    const served = await script(held('data: 1\n\n'));
    const { data, unmount } = mount(served.url);
    await expect.poll(data).toEqual(['1']);
    unmount();
    await expect.poll(served.open).toBe(0);
    const other = await script(held('data: 1\n\n'));
    const never = mount(other.url);
    never.unmount();
    await expect.poll(mount(served.url).data).toEqual(['1']);
    expect(await other.requests()).toEqual([]);
  });

  test('a server renders it as connecting, sends nothing, and the page takes over', async () => {
    const complaint = vi.spyOn(console, 'error');
    const served = await script(held('data: 1\n\n'));
    const { states, element } = createHook();
    const main = document.createElement('main');
    main.innerHTML = page.renderToString(element(served.url));
    expect(main.textContent).toBe('connecting 0');
    expect(await served.requests()).toEqual([]);
    const root = page.hydrateRoot(main, element(served.url));
    onTestFinished(() => root.unmount());
    await expect.poll(() => main.textContent).toBe('open 1');
    expect(states.at(-1)?.state.events[0]?.data).toBe('1');
    expect(complaint).not.toHaveBeenCalled();
  });
});

import { expect, test } from 'vitest';
import { createShare, type SharedFetch, type ShareOptions } from '../../src/tabs/share.js';
import { shareAcrossTabs } from '../../src/tabs.js';
import { whileVisible } from '../../src/visible.js';
import { createEnvironment, Page, Process, Server, World } from '../tabs/world.js';

const URL = 'https://example.org/feed';
const CALM = { delay: 5, reorders: false, loss: 0, skew: 0 };

/** Tabs of one browser, and a server. */
function open() {
  const world = new World(1, CALM);
  const server = new Server(world);
  const share = (options: Partial<ShareOptions> = {}, page = new Page()): SharedFetch =>
    createShare({ key: 'k', ...options }, createEnvironment(world, server, new Process(), page));
  return { world, server, share };
}

type Init = Parameters<SharedFetch>[1];

const createInit = (more: object = {}): Init => ({
  headers: new Headers({ Accept: 'text/event-stream' }),
  signal: new AbortController().signal,
  ...more,
});

/** Collects the text of a response as it comes. */
function collect(response: Response): { text: string } {
  const collected = { text: '' };
  const decoder = new TextDecoder();
  const sink = new WritableStream<Uint8Array>({
    write: (chunk) => {
      collected.text += decoder.decode(chunk);
    },
  });
  void response.body?.pipeTo(sink).catch(() => {});
  return collected;
}

test.each([undefined, null, {}, { key: 1 }])('without a key, %j is refused', (options) => {
  expect(() => shareAcrossTabs(options as ShareOptions)).toThrow(TypeError);
});

test('where tabs cannot share, the caller gets what it gave', () => {
  const own: SharedFetch = async () => new Response();
  expect(shareAcrossTabs({ key: '' })).toBeUndefined();
  expect(shareAcrossTabs({ key: '', fetch: own })).toBe(own);
});

test('a fetch of whileVisible(), inside, is refused with the right order', () => {
  const fetch = whileVisible() as SharedFetch;
  expect(() => shareAcrossTabs({ key: '', fetch })).toThrow(
    /^fetch: pass shareAcrossTabs\(\) to whileVisible\(\)/,
  );
  expect(
    whileVisible({ fetch: shareAcrossTabs({ key: '', fetch: async () => new Response() }) as never }),
  ).toBeTypeOf('function');
});

test('a POST goes its own way', async () => {
  const { world, server, share } = open();
  for (const fetch of [share(), share()]) void fetch(URL, createInit({ method: 'POST' }));
  await world.run(500);
  expect(server.open).toBe(2);
});

test.each([
  ['keys', { key: 'other' }, URL, {}],
  ['URLs', {}, `${URL}?a`, {}],
  ['credentials', {}, URL, { credentials: 'include' }],
  ['modes', {}, URL, { mode: 'same-origin' }],
  ['Accept headers', {}, URL, { headers: new Headers({ Accept: 'a/b' }) }],
] as const)('tabs with different %s do not share', async (_name, options, url, init) => {
  const { world, server, share } = open();
  void share()(URL, createInit());
  void share(options)(url, createInit(init));
  await world.run(500);
  expect(server.open).toBe(2);
});

test('tabs share whatever their other headers and last event IDs are', async () => {
  const { world, server, share } = open();
  const lastEventIdParam = 'id';
  void share({ lastEventIdParam })(`${URL}?a&id=1`, createInit());
  const headers = new Headers({ Accept: 'text/event-stream', Authorization: 'x' });
  void share({ lastEventIdParam })(`${URL}?a#b`, createInit({ headers }));
  await world.run(500);
  expect(server.open).toBe(1);
});

test('a response has the final URL, and a tab that joins is told the ID and the reconnection time', async () => {
  const { world, server, share } = open();
  const leading = share()(URL, createInit());
  await world.run(500);
  collect(await leading);
  server.say('retry: 7\n\n');
  server.emit();
  await world.run(500);
  const following = share()(URL, createInit());
  await world.run(500);
  const response = await following;
  expect([response.url, response.status]).toEqual([URL, 200]);
  const collected = collect(response);
  await world.run(10);
  expect(collected.text).toBe('id: 1\n\nretry: 7\n\n');
});

test('no header of a request is sent over the channel', async () => {
  const { world, server, share } = open();
  const messages: unknown[] = [];
  const channel = world.openChannel(
    `eventsource-fetch 1 ${JSON.stringify(['k', URL, undefined, undefined, '*/*'])}`,
    new Process(),
  );
  channel.onmessage = ({ data }) => messages.push(data);
  const headers = () => new Headers({ Accept: '*/*', Authorization: 'Bearer secret' });
  for (const fetch of [share(), share()]) void fetch(URL, createInit({ headers: headers() }));
  await world.run(500);
  server.emit();
  await world.run(500);
  expect(JSON.stringify(messages)).toMatch(/"batch".*event 0/);
  expect(JSON.stringify(messages)).not.toContain('secret');
});

test('what is malformed on the channel is ignored', async () => {
  const { world, server, share } = open();
  const name = `eventsource-fetch 1 ${JSON.stringify(['k', URL, undefined, undefined, 'text/event-stream'])}`;
  const channel = world.openChannel(name, new Process());
  const response = share()(URL, createInit());
  await world.run(500);
  const collected = collect(await response);
  const batch = { type: 'batch', from: 1, epoch: 1e15, position: 0 };
  for (const message of [
    null,
    5,
    'x',
    {},
    { ...batch, items: 5 },
    { ...batch, items: [{}] },
    { ...batch, epoch: 'x' },
  ])
    channel.postMessage(message as never);
  await world.run(100);
  server.emit();
  await world.run(500);
  expect(collected.text).toBe('id: 1\ndata: event 0\n\n');
});

test('a hidden leader hands over to a visible tab', async () => {
  const { world, server, share } = open();
  const page = new Page();
  const leading = share({}, page)(URL, createInit());
  await world.run(500);
  const collected = [collect(await leading)];
  const following = share()(URL, createInit());
  await world.run(500);
  collected.push(collect(await following));
  page.isVisible = false;
  page.tell('visibility');
  await world.run(500);
  expect([server.requests, server.open]).toEqual([2, 1]);
  server.emit();
  await world.run(500);
  expect(collected.map(({ text }) => text)).toEqual(Array(2).fill('id: 1\ndata: event 0\n\n'));
});

test('with snapshot, each tab that joins has a connection of its own until an event has come', async () => {
  const { world, server, share } = open();
  const fetches = [1, 2, 3].map(() => share({ snapshot: true })(URL, createInit()));
  await world.run(1000);
  expect(server.open).toBe(2);
  for (let event = 0; event < 3; event++) {
    server.emit();
    await world.run(1000);
  }
  await Promise.all(fetches);
  expect([server.requests, server.open]).toEqual([3, 1]);
});

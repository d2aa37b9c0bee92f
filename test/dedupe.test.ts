import { expect, test, vi } from 'vitest';
import type { FetchEventSourceInit } from '../src/index.js';
import { connect, eventStream, next, record } from './scripted.js';

const reconnect = { reconnectionTime: 1, maxBackoff: 1 };

const event = (id: number | string, data: number | string = id) => `id: ${id}\ndata: ${data}\n\n`;

/** The streams that a server gives, one for each connection; the last one stays open. */
function serve(...streams: string[]) {
  const sent: (string | null)[] = [];
  const fetch = async (_url: string, { headers }: { headers: Headers }) => {
    sent.push(headers.get('Last-Event-ID'));
    const text = streams.shift() ?? '';
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text));
        if (streams.length) controller.close();
      },
    });
    return eventStream(body);
  };
  return { fetch, sent };
}

/** The messages up to the one whose data is `end`, and the ID then. */
async function read(streams: string[], init: FetchEventSourceInit = { dedupe: true }) {
  const { fetch, sent } = serve(...streams);
  const source = connect('https://example.org/', { fetch, reconnect, ...init });
  const log = record(source);
  await next(source, 'message', ({ data }: MessageEvent) => data === 'end');
  const messages = log.filter((entry) => entry.startsWith('message:')).map((entry) => entry.slice(8));
  return { messages, sent };
}

const REPLAY = [event(1) + event(2) + event(3), event(3) + event(4) + event(5, 'end')];

test('by default, what a server repeats comes again', async () => {
  const { messages } = await read(REPLAY, {});
  expect(messages).toEqual(['1', '2', '3', '3', '4', 'end']);
});

test('an event whose ID came before is skipped', async () => {
  const { messages } = await read(REPLAY);
  expect(messages).toEqual(['1', '2', '3', '4', 'end']);
});

test('also within one stream, and whatever its data is', async () => {
  const { messages } = await read([event(1) + event(1, 'other') + event(2) + event(1) + event(3, 'end')]);
  expect(messages).toEqual(['1', '2', 'end']);
});

test('events without an ID of their own are never skipped', async () => {
  const { messages } = await read([
    `${event(1)}data: a\n\ndata: a\n\nid\ndata: b\n\nid\ndata: b\n\n${event(2, 'end')}`,
  ]);
  expect(messages).toEqual(['1', 'a', 'a', 'b', 'b', 'end']);
});

test('what is skipped does not move the last event ID back', async () => {
  const { sent } = await read([event(1) + event(2), event(1), event(2) + event(3, 'end')]);
  expect(sent).toEqual([null, '2', '2']);
});

test('the event that lastEventId names is one that came before', async () => {
  const { messages } = await read([event(7) + event(8, 'end')], { dedupe: true, lastEventId: '7' });
  expect(messages).toEqual(['end']);
});

test('the last 1,000 IDs are known', async () => {
  const many = Array.from({ length: 1001 }, (_, index) => event(index + 1)).join('');
  const { messages } = await read([many + event(2, 'skipped') + event(1, 'again') + event('last', 'end')]);
  expect(messages.slice(1001)).toEqual(['again', 'end']);
});

test('neither parse nor done nor loops get what is skipped', async () => {
  const { fetch } = serve(event(1, '"a"'), event(1, '"a"') + event(2, '"b"'));
  const parse = vi.fn(JSON.parse);
  const done = vi.fn(({ data }: { data: unknown }) => data === '"b"');
  const source = connect('https://example.org/', { fetch, reconnect, dedupe: true, parse, done });
  const data: unknown[] = [];
  for await (const message of source) data.push(message.data);
  expect(data).toEqual(['a']);
  expect(parse.mock.calls.map(([text]) => text)).toEqual(['"a"']);
  expect(done.mock.calls.map(([message]) => message.data)).toEqual(['"a"', '"b"']);
});

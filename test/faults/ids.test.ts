import { expect, test } from 'vitest';
import { connect, EAGER, type Ending, ending, type Init, next, until } from './harness.js';
import { end, head, hold, listen, type Received, reset } from './server.js';

/** The ID in the header of a request that resumes, as the server reads it, in UTF-8. */
const sent = (request: Received | undefined) => {
  const value = request?.headers['last-event-id'];
  return value && Buffer.from(value, 'latin1').toString();
};

/** Lets the server send an ID and break. Returns what the source then has and says. */
async function roundTrip(id: string | Buffer, init: Init = {}) {
  const server = await listen(end(head(), 'id: ', id, '\ndata: a\n\n'), hold(head()));
  const source = connect(server.url, { ...EAGER, ...init });
  const first: Ending = await ending(source);
  await until(() => server.requests.length === 2);
  return { source, error: first, request: server.requests[1] as Received };
}

test.each([
  ['of digits', '42'],
  ['with punctuation', 'a, "b"; c=d: %41 \\ {}'],
  ['with spaces inside', 'a  b'],
  ['with a tab', 'a\tb'],
  ['of Latin-1', 'café'],
  ['of emoji', '日本🎉'],
  ['of combining characters', 'e\u0301\u200d'],
  ['with a byte order mark', '\ufeffx'],
  ['with a C1 control character', 'a\u0085b'],
  ['of 8 KiB', 'x'.repeat(8192)],
  ['of 8 KiB in UTF-8', 'é'.repeat(4096)],
  ['that looks like a header', 'x\\r\\nX-Api-Key: y'],
])('an ID %s comes back as it was', async (_what, id) => {
  const { source, request, error } = await roundTrip(id);
  expect(sent(request)).toBe(id);
  expect(source.lastEventId).toBe(id);
  expect(error.message).not.toMatch(/lastEventId/);
});

test.each([
  ['with a control character', 'a\u0001b'],
  ['with an escape sequence', '\u001b[31m'],
  ['with DEL', 'a\u007fb'],
  ['of 8 KiB and one byte', 'x'.repeat(8193)],
  ['of more than 8 KiB in UTF-8', 'é'.repeat(4097)],
  ['of a megabyte', 'x'.repeat(2 ** 20)],
])('an ID %s is kept, but not sent, and the error event says so', async (_what, id) => {
  const { source, request, error } = await roundTrip(id);
  expect(request.headers).not.toHaveProperty('last-event-id');
  expect(source.lastEventId).toBe(id);
  expect(error.message).toMatch(/lastEventId/);
});

test.each([
  ['with outer spaces', '  a  ', 'a'],
  ['with outer tabs', '\ta\t', 'a'],
  ['of spaces', '   ', ''],
])('an ID %s loses them to HTTP alone', async (_what, id, expected) => {
  const { source, request } = await roundTrip(id);
  expect((sent(request) ?? '').trim()).toBe(expected);
  expect(source.lastEventId).toBe(id);
});

test('an ID that is not UTF-8 comes back as replacement characters', async () => {
  const { request } = await roundTrip(Buffer.of(0x61, 0xff, 0xfe));
  expect(sent(request)).toBe('a\ufffd\ufffd');
});

test.each([
  ['of emoji', '日本🎉'],
  ['with a control character', 'a\u0001b'],
  ['with what a URL escapes', 'a&b=c#d%20?e +'],
  ['with outer spaces', '  a  '],
])('an ID %s comes back in the query, and there alone, where the caller wants it so', async (_what, id) => {
  const { request } = await roundTrip(id, {
    lastEventIdParam: 'since',
    headers: { 'Last-Event-ID': 'mine' },
  });
  expect(new URL(request.target, 'http://localhost').searchParams.get('since')).toBe(id);
  expect(request.headers).not.toHaveProperty('last-event-id');
});

test('an ID with a NUL is ignored, and the one before it stays', async () => {
  const server = await listen(end(head(), 'id: 1\nid: 2\0\ndata: a\n\n'), hold(head()));
  const source = connect(server.url, EAGER);
  await until(() => server.requests.length === 2);
  expect([source.lastEventId, sent(server.requests[1])]).toEqual(['1', '1']);
});

test.each([
  ['that is empty', 'id: 1\ndata: a\n\nid:\ndata: b\n\n'],
  ['that has no colon', 'id: 1\ndata: a\n\nid\ndata: b\n\n'],
])('an ID %s takes the last one back, the caller’s too', async (_what, text) => {
  const server = await listen(end(head(), text), hold(head()));
  const source = connect(server.url, { ...EAGER, lastEventId: '0', headers: { 'Last-Event-ID': 'mine' } });
  await until(() => server.requests.length === 2);
  expect(server.requests[1]?.headers).not.toHaveProperty('last-event-id');
  expect(source.lastEventId).toBe('');
});

test('an ID alone moves the point to resume from, and the ID of an unfinished event does not', async () => {
  const server = await listen(reset(head(), 'id: 1\n\nid: 2\ndata: never'), hold(head()));
  connect(server.url, EAGER);
  await until(() => server.requests.length === 2);
  expect(sent(server.requests[1])).toBe('1');
});

test('an ID outlives connections that give none', async () => {
  const server = await listen(
    end(head(), 'id: 1\ndata: a\n\n'),
    end(head(), 'data: b\n\n'),
    reset(),
    hold(head()),
  );
  connect(server.url, EAGER);
  await until(() => server.requests.length === 4);
  expect(server.requests.map(sent)).toEqual([undefined, '1', '1', '1']);
});

test('after an ID that cannot be sent comes one that can', async () => {
  const server = await listen(
    end(head(), 'id: \u0001\ndata: a\n\n'),
    end(head(), 'id: 2\ndata: b\n\n'),
    hold(head()),
  );
  connect(server.url, EAGER);
  await until(() => server.requests.length === 3);
  expect(server.requests.map(sent)).toEqual([undefined, undefined, '2']);
});

test('the caller’s initial ID is sent at once, and replaced by the server’s', async () => {
  const server = await listen(end(head(), 'data: a\n\nid: 2\ndata: b\n\n'), hold(head()));
  const source = connect(server.url, { ...EAGER, lastEventId: '1' });
  expect((await next(source, 'message')).lastEventId).toBe('1');
  await until(() => server.requests.length === 2);
  expect(server.requests.map(sent)).toEqual(['1', '2']);
});

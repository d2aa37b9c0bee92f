import { createGzip } from 'node:zlib';
import { expect, test } from 'vitest';
import { connect, EAGER, ending, type Init, next, until } from './harness.js';
import { type Behaviour, chunk, drip, flood, head, hold, listen, resume, status } from './server.js';

type ErrorEventLike = Event & { error: { response: Response; code: string } };

const CHUNKED = 'Transfer-Encoding: chunked';
const NOT_FOUND = status('404 Not Found', 'Content-Type: application/json', CHUNKED);
/** Half of a body. The rest comes later. */
const SLOW = drip(50, NOT_FOUND, [chunk('{"reason":'), chunk('"gone"}'), '0\r\n\r\n']);
const HALF_A_SECOND = 500;

/** What is read from a refused response if reading starts inside the listener. */
async function read<T>(behaviour: Behaviour, start: (response: Response) => Promise<T>): Promise<T> {
  const server = await listen(behaviour);
  const source = connect(server.url);
  const result = await new Promise<T>((resolve, reject) => {
    source.onerror = ({ error }) => void start(error?.response as Response).then(resolve, reject);
  });
  expect(source.readyState).toBe(2);
  return result;
}

test.each<[how: string, start: (response: Response) => Promise<unknown>, expected: unknown]>([
  ['text()', (response) => response.text(), '{"reason":"gone"}'],
  ['json()', (response) => response.json(), { reason: 'gone' }],
  [
    'a reader',
    async ({ body }) => Buffer.from((await body?.getReader().read())?.value ?? []).toString(),
    '{"reason":',
  ],
  ['a copy', (response) => response.clone().text(), '{"reason":"gone"}'],
  [
    'a loop',
    async ({ body }) => {
      let text = '';
      for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(bytes);
      return text;
    },
    '{"reason":"gone"}',
  ],
])(
  'the body of a refused response can be read by %s, though it comes later',
  async (_how, start, expected) => {
    expect(await read(SLOW, start)).toEqual(expected);
  },
);

test('a body of the wrong content type can be read, even if compressed', async () => {
  const gzip = createGzip();
  gzip.end('<h1>Log in</h1>');
  const pieces: Buffer[] = [];
  for await (const piece of gzip) pieces.push(piece as Buffer);
  const behaviour = hold(
    status(
      '200 OK',
      'Content-Type: text/html',
      'Content-Encoding: gzip',
      `Content-Length: ${Buffer.concat(pieces).length}`,
    ),
    ...pieces,
  );
  expect(await read(behaviour, (response) => response.text())).toBe('<h1>Log in</h1>');
});

test.each<[what: string, behaviour: Behaviour, init: Init]>([
  ['never ends', hold(NOT_FOUND, chunk('no.')), {}],
  ['never begins', hold(NOT_FOUND), {}],
  ['is without measure', flood(status('404 Not Found'), 'x'.repeat(2 ** 16)), {}],
  [
    'is of the wrong content type',
    flood(status('200 OK', 'Content-Type: text/plain'), 'x'.repeat(2 ** 16)),
    {},
  ],
  [
    'will be asked for again',
    flood(status('503 Down'), 'x'.repeat(2 ** 16)),
    { reconnect: { reconnectionTime: 1e6 } },
  ],
  ['is looked at, but not read', hold(NOT_FOUND, chunk('no.')), {}],
])(
  'the connection of a refused response whose body %s is free half a second later',
  async (what, behaviour, init) => {
    const server = await listen(behaviour);
    const source = connect(server.url, init);
    const { error } = await ending(source);
    if (/looked at/.test(what)) expect(error.response?.headers.get('Content-Type')).toBe('application/json');
    await until(() => server.open() === 0, HALF_A_SECOND);
  },
);

test('the connections of responses that were refused because of a token are free half a second later', async () => {
  const server = await listen(flood(status('401 Unauthorized'), 'x'.repeat(2 ** 16)));
  const source = connect(server.url, { headers: () => ({}) });
  expect((await ending(source)).status).toBe(401);
  await until(() => server.requests.length === 2 && server.open() === 0, HALF_A_SECOND);
});

test('reading that starts after the listener comes too late, and does no harm', async () => {
  const server = await listen(SLOW);
  const source = connect(server.url);
  const { error } = await ending(source);
  await until(() => server.open() === 0, HALF_A_SECOND);
  expect(await error.response?.text().catch(() => '')).not.toContain('gone');
});

test('a reader that lets go of a refused response frees its connection', async () => {
  const server = await listen(hold(NOT_FOUND, chunk('no.')));
  const source = connect(server.url);
  const reader = await new Promise<ReadableStreamDefaultReader>((resolve) => {
    source.onerror = ({ error }) =>
      resolve(error?.response?.body?.getReader() as ReadableStreamDefaultReader);
  });
  await reader.read();
  expect(server.open()).toBe(1);
  await reader.cancel();
  await until(() => server.open() === 0, HALF_A_SECOND);
});

test('close() on a source that has failed leaves its response to its reader', async () => {
  const server = await listen(SLOW);
  const source = connect(server.url);
  const text = await new Promise((resolve, reject) => {
    source.onerror = ({ error }) => {
      error?.response?.text().then(resolve, reject);
      source.close();
    };
  });
  expect(text).toBe('{"reason":"gone"}');
});

test('reading a refused response goes on while the source connects again', async () => {
  const slow = drip(50, status('503 Down', CHUNKED), [chunk('back '), chunk('soon'), '0\r\n\r\n']);
  const server = await listen(slow, resume('a'));
  const source = connect(server.url, EAGER);
  const text = new Promise<string>((resolve) => {
    source.onerror = (event) => void (event as ErrorEventLike).error.response.text().then(resolve);
  });
  await next(source, 'message');
  expect(await text).toBe('back soon');
});

test('an accepted stream that ends in another way does not show its response', async () => {
  const server = await listen(hold(head('Content-Length: 0')));
  const { error } = await ending(connect(server.url));
  expect([error.code, error.response, error.status]).toEqual(['end-of-stream', undefined, undefined]);
});

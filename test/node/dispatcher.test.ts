import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connect, next } from '../scripted.js';

/** The keys of undici up to version 7, and of later ones. Node 26 has both, and the first wraps the second. */
const GLOBALS = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`)) as [symbol, symbol];

interface Dispatcher {
  readonly constructor: new (options: object) => Dispatcher;
}

/** Gives this thread's fetch the shortest possible time-outs (about a second) instead of five minutes. */
function shorten(): Dispatcher {
  // They exist once fetch is loaded, which this line does.
  new Headers();
  const [first, second] = GLOBALS.map((name) => Reflect.get(globalThis, name)) as [Dispatcher, Dispatcher?];
  const agent = new (second ?? first).constructor({ bodyTimeout: 1, headersTimeout: 1 });
  const isWrapped = second && second.constructor !== first.constructor;
  const dispatchers = [isWrapped ? new first.constructor(agent) : agent, second && agent] as const;
  for (const [index, name] of GLOBALS.entries()) Reflect.set(globalThis, name, dispatchers[index]);
  onTestFinished(() => {
    for (const [index, name] of GLOBALS.entries()) Reflect.set(globalThis, name, [first, second][index]);
  });
  return dispatchers[0];
}

async function serve(respond: (response: ServerResponse, url: string) => void): Promise<string> {
  const server = createServer((request, response) => respond(response, request.url ?? ''));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const open = (response: ServerResponse) =>
  response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(':\n');

test('a silent stream stays open when Node would end it', async () => {
  const responses: ServerResponse[] = [];
  const url = await serve((response) => {
    responses.push(response);
    open(response);
  });
  const agent = shorten();
  const errors: unknown[] = [];
  const source = connect(url);
  source.onerror = ({ error }) => errors.push(error);
  await next(source, 'open');
  // A stream with Node's own time-out serves as the clock.
  const control = (await fetch(url)).body?.getReader();
  await control?.read();
  await expect(control?.read()).rejects.toThrow();
  const [first] = responses;
  first?.write('data: late\n\n');
  expect((await next(source, 'message')).data).toBe('late');
  expect(errors).toEqual([]);
  expect(Reflect.get(globalThis, GLOBALS[0])).toBe(agent);
});

test('our connect time-out replaces Node’s', async () => {
  const waiting: ServerResponse[] = [];
  const url = await serve((response) => waiting.push(response));
  shorten();
  const source = connect(url, { connectTimeout: 60_000 });
  await expect.poll(() => waiting.length).toBe(1);
  await expect(fetch(url)).rejects.toThrow();
  open(waiting[0] as ServerResponse);
  await next(source, 'open');
});

test('the caller’s own dispatcher keeps its time-outs', async () => {
  const url = await serve(open);
  const dispatcher = shorten();
  const source = connect(url, { dispatcher, reconnect: false } as object);
  const { error } = await next<Event & { error: Error }>(source, 'error');
  expect(error).toMatchObject({ code: 'network', cause: { cause: { code: 'UND_ERR_BODY_TIMEOUT' } } });
});

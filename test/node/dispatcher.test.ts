import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connect, next } from '../scripted.js';

const GLOBAL = Symbol.for('undici.globalDispatcher.1');

interface Agent {
  new (options: object): { dispatch: unknown };
}

/** Gives this thread's fetch time-outs as short as they get (a second or so), in place of five minutes. */
function shorten(): object {
  // It is there once fetch is loaded, which this does.
  new Headers();
  const global = Reflect.get(globalThis, GLOBAL) as { constructor: Agent };
  const agent = new global.constructor({ bodyTimeout: 1, headersTimeout: 1 });
  Reflect.set(globalThis, GLOBAL, agent);
  onTestFinished(() => void Reflect.set(globalThis, GLOBAL, global));
  return agent;
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
  // One that has Node's own patience is the clock.
  const control = (await fetch(url)).body?.getReader();
  await control?.read();
  await expect(control?.read()).rejects.toThrow();
  const [first] = responses;
  first?.write('data: late\n\n');
  expect((await next(source, 'message')).data).toBe('late');
  expect(errors).toEqual([]);
  expect(Reflect.get(globalThis, GLOBAL)).toBe(agent);
});

test('a connect time-out of ours takes the place of Node’s', async () => {
  const waiting: ServerResponse[] = [];
  const url = await serve((response) => waiting.push(response));
  shorten();
  const source = connect(url, { connectTimeout: 60_000 });
  await expect.poll(() => waiting.length).toBe(1);
  await expect(fetch(url)).rejects.toThrow();
  open(waiting[0] as ServerResponse);
  await next(source, 'open');
});

test('a dispatcher of the caller keeps its own time-outs', async () => {
  const url = await serve(open);
  const dispatcher = shorten();
  const source = connect(url, { dispatcher, reconnect: false } as object);
  const { error } = await next<Event & { error: Error }>(source, 'error');
  expect(error).toMatchObject({ code: 'network', cause: { cause: { code: 'UND_ERR_BODY_TIMEOUT' } } });
});

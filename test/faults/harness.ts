import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FetchEventSource, type FetchEventSourceError, type FetchEventSourceInit } from 'eventsource-fetch';
import { expect, type Mock, onTestFinished, vi } from 'vitest';
import { type FaultServer, head, hold, listen } from './server.js';

/** The options, and those that only Node's `fetch` has. */
export type Init = FetchEventSourceInit & { dispatcher?: unknown };

/** Connects again almost immediately after every end. */
export const EAGER: Init = { reconnect: { reconnectionTime: 1, maxBackoff: 1 } };

/** A source, closed at the end of the test. */
export function connect(url: string, init: Init = {}): FetchEventSource {
  const source = new FetchEventSource(url, init as FetchEventSourceInit);
  onTestFinished(() => source.close());
  return source;
}

/** What the next `error` event says, and the state at that time. */
export interface Ending {
  readonly readyState: number;
  readonly code: string;
  readonly status: number | undefined;
  readonly reconnectIn: number | undefined;
  readonly message: string;
  readonly error: FetchEventSourceError;
  /** When it was fired, in milliseconds of `performance.now()`. */
  readonly at: number;
}

/** The next `error` event. */
export function ending(source: FetchEventSource): Promise<Ending> {
  return new Promise((resolve) => {
    source.addEventListener(
      'error',
      ({ error, status, reconnectIn, message = '' }) => {
        if (!error) return;
        const { code } = error;
        resolve({
          readyState: source.readyState,
          code,
          status,
          reconnectIn,
          message,
          error,
          at: performance.now(),
        });
      },
      { once: true },
    );
  });
}

/** The next event of this type. */
export const next = <E extends Event = MessageEvent>(source: EventTarget, type: string): Promise<E> =>
  new Promise((resolve) => source.addEventListener(type, (event) => resolve(event as E), { once: true }));

/** Collects the data of all messages. */
export function collect(source: FetchEventSource): string[] {
  const data: string[] = [];
  source.addEventListener('message', (event) => void data.push(event.data));
  return data;
}

/** Waits until the claim holds. */
export const until = (claim: () => unknown, timeout = 10_000): Promise<void> =>
  expect.poll(claim, { timeout, interval: 10 }).toBeTruthy();

/**
 * Waits for as long as a source of its own takes to connect to a server 20 times: enough for whatever another source
 * still had to do immediately.
 */
export async function aWhile(): Promise<void> {
  const server = await listen((socket) => void socket.end(`${head()}data: a\n\n`));
  const source = connect(server.url, EAGER);
  await until(() => server.requests.length >= 20);
  source.close();
}

/** Checks that the source reads nothing more from the server and leaves no connection behind. */
export async function expectQuiet(source: FetchEventSource, server: FaultServer): Promise<void> {
  const requests = server.requests.length;
  const events: string[] = [];
  for (const type of ['open', 'message', 'error'])
    source.addEventListener(type, ({ type }) => void events.push(type));
  await until(() => server.open() === 0);
  await aWhile();
  expect(server.requests.length - requests).toBe(0);
  expect(events).toEqual([]);
  expect(source.readyState).toBe(2);
}

/** Runs a scenario in its own process, and resolves with the JSON that it printed. */
export async function runChild<T>(scenario: string, ...args: unknown[]): Promise<T> {
  const path = fileURLToPath(new URL('child.js', import.meta.url));
  const child = spawn(process.execPath, [
    '--expose-gc',
    '--unhandled-rejections=strict',
    path,
    scenario,
    JSON.stringify(args),
  ]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const [code] = await once(child, 'close');
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  console.log(output);
  return JSON.parse(output);
}

/** Hides uncaught exceptions from the test runner until the end of the test. */
export function catchUncaught(): unknown[] {
  const caught: unknown[] = [];
  const name = 'uncaughtException';
  const listeners = process.rawListeners(name) as NodeJS.UncaughtExceptionListener[];
  process.removeAllListeners(name);
  process.on(name, (exception) => caught.push(exception));
  onTestFinished(() => {
    process.removeAllListeners(name);
    for (const listener of listeners) process.on(name, listener);
  });
  return caught;
}

/** Collects the platform's warnings until the end of the test. */
export function catchWarnings(): Error[] {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  return warnings;
}

interface Dispatcher {
  close(): Promise<void>;
  destroy(): Promise<void>;
}

const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

export const globalDispatcher = {
  get: (): Dispatcher => {
    // Loads the code of fetch, which defines it.
    new Headers();
    return (globalThis as unknown as Record<symbol, Dispatcher>)[GLOBAL_DISPATCHER] as Dispatcher;
  },
  /** Until the end of the test. */
  set: (dispatcher: Dispatcher): void => {
    const before = globalDispatcher.get();
    const scope = globalThis as unknown as Record<symbol, Dispatcher>;
    scope[GLOBAL_DISPATCHER] = dispatcher;
    onTestFinished(() => {
      scope[GLOBAL_DISPATCHER] = before;
    });
  },
};

/** One of undici's agents, without importing undici. */
export function agent(options: object): Dispatcher {
  const Agent = globalDispatcher.get().constructor as new (options: object) => Dispatcher;
  const created = new Agent(options);
  onTestFinished(() => created.destroy());
  return created;
}

/** A fetch that ignores its signal and answers when the test says so. */
export function answerLater(): {
  fetch: Mock<() => Promise<Response>>;
  answer: (response: Response) => void;
} {
  let answer: (response: Response) => void = () => {};
  const fetch = vi.fn(
    () =>
      new Promise<Response>((resolve) => {
        answer = resolve;
      }),
  );
  return { fetch, answer: (response) => answer(response) };
}

/** A fetch that answers with these in turn, and repeats the last. */
export const answers = (...script: ((init: RequestInit) => unknown)[]): typeof fetch => {
  let attempt = 0;
  return (async (_url: unknown, init: RequestInit) =>
    script[Math.min(attempt++, script.length - 1)]?.(init)) as typeof fetch;
};

/** A response with an event stream. */
export const streamOf = (body: BodyInit | null): Response =>
  new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });

/** A server that accepts and sends these events. */
export const listenOk = (...pieces: string[]): Promise<FaultServer> => listen(hold(head() + pieces.join('')));

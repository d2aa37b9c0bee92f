import { createRequire } from 'node:module';
import { format, inspect } from 'node:util';
import { GlobalWindow } from 'happy-dom';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventStream, next } from '../scripted.js';

// It has no types.
const { JSDOM } = createRequire(import.meta.url)('jsdom');

const PROPERTIES = ['data', 'origin', 'lastEventId', 'source', 'ports'] as const;
const INIT = { data: 'a', origin: 'http://source.test', lastEventId: '7' };

/** Whether this is Node with undici's class, whose constructor takes most of the time of an event. */
const isNode = !('Deno' in globalThis || 'Bun' in globalThis);
const isSlow = isNode && Number(process.versions.node.split('.')[0]) >= 22;

/** Replaces globals until the end of the test. */
function stub(globals: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  onTestFinished(() => void vi.unstubAllGlobals());
}

/** An event of a stream, from a library that is loaded with the globals as they are now. */
async function receive(parse?: (data: string) => unknown): Promise<MessageEvent> {
  vi.resetModules();
  const { FetchEventSource } = await import('../../src/index.js');
  const fetch = async () => eventStream('id: 7\ndata: a\n\n');
  const init = { fetch, reconnect: false, ...(parse && { parse }) };
  const source = new FetchEventSource('http://source.test/stream', init);
  onTestFinished(() => source.close());
  return next(source, 'message');
}

/** The same event twice: as a source makes it, and as the platform's constructor does. */
const both = async () => [await receive(), new MessageEvent('message', INIT)] as const;

/** What it comes to, or the name of what is thrown. */
function outcome(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return (error as Error).name;
  }
}

test('events are of a class of the library’s own where Node’s constructor is slow, and nowhere else', async () => {
  expect(Object.getPrototypeOf(await receive()) === MessageEvent.prototype).toBe(!isSlow);
});

describe('an event of a source is like one from the platform’s constructor', () => {
  test('in its class', async () => {
    const [event, platform] = await both();
    expect(event).toBeInstanceOf(MessageEvent);
    expect(event).toBeInstanceOf(Event);
    expect(event.constructor).toBe(MessageEvent);
    expect(`${event}`).toBe(`${platform}`);
    expect(event[Symbol.toStringTag as never]).toBe(platform[Symbol.toStringTag as never]);
  });

  test('in the values of its properties', async () => {
    const [event, platform] = await both();
    const others = ['type', 'bubbles', 'cancelable', 'composed', 'isTrusted', 'defaultPrevented'] as const;
    for (const name of [...PROPERTIES, ...others])
      expect([name, event[name]]).toEqual([name, platform[name]]);
    const portsOf = ({ ports }: MessageEvent) => ({ ports, isFrozen: Object.isFrozen(ports) });
    expect(portsOf(event)).toEqual(portsOf(platform));
    const { ports } = event;
    expect(event.ports).toBe(ports);
  });

  test.each([[undefined], [null], [0], [''], [false], [['b']]])(
    'in what data is if %j was parsed',
    async (data) => {
      const event = await receive(() => data);
      expect(event.data).toEqual(new MessageEvent('message', { data }).data);
    },
  );

  test('in the names of its properties', async () => {
    const [event, platform] = await both();
    const namesIn = (object: object) => {
      const names: string[] = [];
      for (const name in object) names.push(name);
      return names;
    };
    expect(Object.keys(event)).toEqual(Object.keys(platform));
    expect(Reflect.ownKeys(event)).toEqual(Reflect.ownKeys(platform));
    expect(namesIn(event)).toEqual(namesIn(platform));
    for (const name of PROPERTIES) expect([name, name in event]).toEqual([name, true]);
  });

  test('in that nobody can change it', async () => {
    const assign = (event: MessageEvent, name: string) =>
      outcome(() => {
        Reflect.set(event, name, 'b');
        return Reflect.get(event, name);
      });
    const [event, platform] = await both();
    for (const name of PROPERTIES)
      expect([name, assign(event, name)]).toEqual([name, assign(platform, name)]);
  });

  test('in the console', async ({ skip }) => {
    skip('Deno' in globalThis, 'Deno shows where an event was dispatched');
    const [event, platform] = await both();
    const show = (object: unknown, options: object) =>
      inspect(object, options).replace(/timeStamp: [\d.]+/, 'timeStamp: 0');
    for (const options of [{}, { depth: 0 }, { depth: -1 }, { showHidden: true }, { getters: true }]) {
      expect(show(event, options)).toBe(show(platform, options));
      expect(show([event], options)).toBe(show([platform], options));
    }
    expect(format('%s', event)).toBe(format('%s', platform));
  });

  test('in JSON', async () => {
    const [event, platform] = await both();
    expect(JSON.stringify(event)).toBe(JSON.stringify(platform));
  });

  test('in what objects see that only inherit from it', async () => {
    const [event, platform] = await both();
    const look = (object: MessageEvent) => PROPERTIES.map((name) => outcome(() => object[name]));
    expect(look(Object.create(event))).toEqual(look(Object.create(platform)));
    expect(look(Object.getPrototypeOf(event))).toEqual(look(Object.getPrototypeOf(platform)));
  });

  test('in that it can be dispatched again', async () => {
    const [event] = await both();
    const target = new EventTarget();
    const heard = next(target, 'message');
    target.dispatchEvent(event);
    expect(await heard).toBe(event);
    expect(event.target).toBe(target);
    expect(event.data).toBe('a');
  });
});

describe('a program that replaces MessageEvent gets events from its own constructor', () => {
  test('for a subclass', async () => {
    class Subclass extends MessageEvent<unknown> {
      readonly isOwn = true;
    }
    stub({ MessageEvent: Subclass });
    const event = await receive();
    expect(Object.getPrototypeOf(event)).toBe(Subclass.prototype);
    expect(event).toMatchObject({ ...INIT, isOwn: true });
  });

  test('for a proxy', async () => {
    const construct = vi.fn(Reflect.construct);
    stub({ MessageEvent: new Proxy(MessageEvent, { construct }) });
    expect(await receive()).toMatchObject(INIT);
    expect(construct.mock.calls.map(([, args]) => args)).toContainEqual(['message', INIT]);
  });

  test.each([
    ['happy-dom', () => new GlobalWindow()],
    ['jsdom', () => new JSDOM('', { url: 'http://source.test' }).window],
  ])('for that of %s', async (_, open) => {
    const { Event, EventTarget, MessageEvent } = open() as unknown as typeof globalThis;
    stub({ Event, EventTarget, MessageEvent });
    const event = await receive();
    expect(Object.getPrototypeOf(event)).toBe(MessageEvent.prototype);
    expect(event).toMatchObject(INIT);
  });

  test('from the moment on that it does, and only as long', async () => {
    const { createMessageEvent } = await import('../../src/platform/message-event.js');
    const prototype = () => Object.getPrototypeOf(createMessageEvent('message', INIT));
    const before = prototype();
    stub({ MessageEvent: class extends MessageEvent<unknown> {} });
    expect(prototype()).toBe(MessageEvent.prototype);
    vi.unstubAllGlobals();
    expect(prototype().constructor).toBe(before.constructor);
    expect(prototype() === MessageEvent.prototype).toBe(!isSlow);
  });

  test('but not from an Event that it replaces alone', async () => {
    const { Event } = globalThis;
    const construct = vi.fn(Reflect.construct);
    stub({ Event: new Proxy(Event, { construct }) });
    expect(await receive()).toMatchObject(INIT);
    expect(construct.mock.calls.map(([, args]) => args[0])).not.toContain('message');
  });
});

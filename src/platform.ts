import type { FetchEventSourceErrorCode } from './errors.js';
import type { EventSourceErrorEvent } from './types.js';

/** What the standard accepts, and an event stream can live with. Of some runtimes, `Request` takes anything. */
const ACCEPTED: Record<string, RegExp> = {
  cache: /^(default|no-store|reload|no-cache|force-cache|only-if-cached)$/,
  credentials: /^(omit|same-origin|include)$/,
  integrity: /^$/,
  method: /^(?!(head|connect|trace|track)$)[\w!#$%&'*+.^`|~-]+$/i,
  mode: /^(cors|same-origin)$/,
};

/** Whether `fetch()` would refuse a member of its init at every attempt, or no event stream could live with it. */
export function isRefused(name: string, value: unknown): boolean {
  const accepted = ACCEPTED[name];
  return accepted ? !accepted.test(`${value}`) : isUnknown(name, value);
}

/** Whether this runtime's `fetch` throws for a member of its init, as that of Workers for what it has not. */
export function isUnknown(name: string, value: unknown): boolean {
  try {
    // Not with a signal: a Request would listen to it.
    if (typeof value !== 'object') new Request('http://localhost', { [name]: value });
    return false;
  } catch {
    return true;
  }
}

const construct = (type: string, init: MessageEventInit): MessageEvent =>
  globalThis.MessageEvent ? new MessageEvent(type, init) : (new Event(type) as MessageEvent);

/** Whether events lack nothing, and of which class that is known: to look at each takes as long as to interpret it. */
let isWhole = false;
let probedClass: unknown = null;

function probeMessageEvent(): void {
  const init = { origin: 'http://localhost', lastEventId: '1' };
  const { origin, lastEventId } = construct('probe', init);
  isWhole = origin === init.origin && lastEventId === init.lastEventId;
  probedClass = globalThis.MessageEvent;
}

/**
 * A `MessageEvent` with all that it should have: that of Workers drops `origin` and `lastEventId`. Where there is none,
 * as in React Native, an event that equals it.
 */
export function createMessageEvent(type: string, init: MessageEventInit): MessageEvent {
  const event = construct(type, init);
  if (globalThis.MessageEvent !== probedClass) probeMessageEvent();
  if (isWhole) return event;
  const properties = globalThis.MessageEvent ? init : { ...init, source: null, ports: [] };
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(event, name, { value, enumerable: true });
  }
  return event;
}

/** For the console of Node, which shows nothing of an event but what all have. */
function inspect(
  this: EventSourceErrorEvent,
  _depth: number,
  options: object,
  show: (...args: object[]) => string,
) {
  const { type, message, status, reconnectIn } = this;
  return `Event ${show({ type, message, status, reconnectIn }, options)}`;
}

export function createErrorEvent(extras: Partial<EventSourceErrorEvent>): Event {
  const event = Object.assign(new Event('error'), extras);
  return Object.defineProperty(event, Symbol.for('nodejs.util.inspect.custom'), { value: inspect });
}

/** Resolves when other tasks have had their turn. Not every runtime has `setImmediate()`, for which none waits. */
export function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => void (globalThis.setImmediate ?? setTimeout)(resolve));
}

/** Found out once. */
let callsHandler: boolean | undefined;

/** Whether an `EventTarget` by itself calls its property `on` and an event's type. */
function probeHandler(): boolean {
  let isCalled = false;
  const onprobe = () => {
    isCalled = true;
  };
  Object.assign(new EventTarget(), { onprobe }).dispatchEvent(new Event('probe'));
  return isCalled;
}

/**
 * Dispatches an event. Before it calls any listener, the `EventTarget` of Workers calls the event handler, which is
 * also one of the listeners (rule 46). So the first look at that finds nothing.
 */
export function dispatch(target: EventTarget, event: Event): void {
  callsHandler ??= probeHandler();
  if (callsHandler) hideOnce(target, `on${event.type}`);
  target.dispatchEvent(event);
}

function hideOnce(target: EventTarget, name: string): void {
  if (!(name in target) || Object.hasOwn(target, name)) return;
  const get = () => void Reflect.deleteProperty(target, name);
  Object.defineProperty(target, name, { configurable: true, get });
}

/** What to add to the message about a refused response. React Native's own `fetch` gives no stream. */
export const explain = (code: FetchEventSourceErrorCode): string =>
  code === 'no-body' ? ' without a stream; in React Native pass the fetch of expo/fetch' : '';

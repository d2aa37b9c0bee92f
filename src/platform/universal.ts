import type { EventSourceErrorEvent } from '../types/events.js';
import type { Platform } from './contract.js';

// The platform of Node, Deno, Bun, Workers, React Native and test environments, and of pages that no bundler has made.

export { dispatch } from './dispatch.js';
export { createDOMException } from './dom-exception.js';
export { createMessageEvent } from './message-event.js';
export { onAbort } from './on-abort.js';
export { isRefused } from './request-init.js';

/** Node's console hides an event's own members. */
function inspect(
  this: EventSourceErrorEvent,
  _depth: number,
  options: object,
  show: (...args: object[]) => string,
): string {
  const { type, message, status, reconnectIn } = this;
  return `Event ${show({ type, message, status, reconnectIn }, options)}`;
}

export const createErrorEvent: Platform['createErrorEvent'] = (extras) => {
  const event = Object.assign(new Event('error'), extras);
  return Object.defineProperty(event, Symbol.for('nodejs.util.inspect.custom'), { value: inspect });
};

/** setImmediate() is faster than a timer, but not every runtime has it. */
export const yieldToOthers: Platform['yieldToOthers'] = () =>
  new Promise((resolve) => void (globalThis.setImmediate ?? setTimeout)(resolve));

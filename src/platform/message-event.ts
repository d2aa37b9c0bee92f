import type { Platform } from './contract.js';
import { createFastClass, isSlow } from './fast-message-event.js';

type CreateMessageEvent = Platform['createMessageEvent'];

/** What suits the global class. To find out for each event would take as long as interpreting it. */
let create: CreateMessageEvent;
/** Which class that was found out for: test environments replace the global. */
let chosenFor: unknown = null;

/**
 * A `MessageEvent` with all that it should have. Where there is no such class, as in React Native, an event with the
 * same members.
 */
export const createMessageEvent: CreateMessageEvent = (type, init) => {
  if (globalThis.MessageEvent !== chosenFor) choose();
  return create(type, init);
};

function choose(): void {
  const { MessageEvent } = globalThis;
  chosenFor = MessageEvent;
  if (!MessageEvent) create = imitate;
  else {
    const Class = isSlow(MessageEvent) ? createFastClass(MessageEvent) : MessageEvent;
    const construct: CreateMessageEvent = (type, init) => new Class(type, init);
    create = isComplete(construct) ? construct : (type, init) => define(construct(type, init), init);
  }
}

const imitate: CreateMessageEvent = (type, init) =>
  define(new Event(type) as MessageEvent, { ...init, source: null, ports: [] });

/** Whether events lack nothing: those of Workers drop `origin` and `lastEventId`. */
function isComplete(construct: CreateMessageEvent): boolean {
  const init = { origin: 'http://localhost', lastEventId: '1' };
  const { origin, lastEventId } = construct('probe', init);
  return origin === init.origin && lastEventId === init.lastEventId;
}

function define(event: MessageEvent, properties: MessageEventInit): MessageEvent {
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(event, name, { value, enumerable: true });
  }
  return event;
}

const construct = (type: string, init: MessageEventInit): MessageEvent =>
  globalThis.MessageEvent ? new MessageEvent(type, init) : (new Event(type) as MessageEvent);

/** Whether the platform's class is complete. Cached, because probing takes as long as interpreting an event. */
let isComplete = false;
let probed: unknown = null;

function probe(): void {
  const init = { origin: 'http://localhost', lastEventId: '1' };
  const { origin, lastEventId } = construct('probe', init);
  isComplete = origin === init.origin && lastEventId === init.lastEventId;
  probed = globalThis.MessageEvent;
}

/**
 * A complete `MessageEvent`. Workers drop `origin` and `lastEventId`; React Native has no such class and gets an
 * `Event` with the same members.
 */
export function createMessageEvent(type: string, init: MessageEventInit): MessageEvent {
  const event = construct(type, init);
  if (globalThis.MessageEvent !== probed) probe();
  if (isComplete) return event;
  const properties = globalThis.MessageEvent ? init : { ...init, source: null, ports: [] };
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(event, name, { value, enumerable: true });
  }
  return event;
}

/** What the build for browsers has in place of `platform.ts`: their `Request` knows what it is given. */
export function isRefused(name: string, value: unknown): unknown {
  // Throws for what `fetch()` would refuse at every attempt. Not with a signal: a Request would listen to it.
  const init = typeof value === 'object' ? {} : { [name]: value };
  const { method, mode, integrity } = new Request('http://localhost', init);
  // No event stream can live with these.
  return integrity || /HEAD|no-cors/.test(method + mode);
}

export function createMessageEvent(type: string, init: MessageEventInit): MessageEvent {
  return new MessageEvent(type, init);
}

export function createErrorEvent(extras: object): Event {
  return Object.assign(new Event('error'), extras);
}

export function dispatch(target: EventTarget, event: Event): void {
  target.dispatchEvent(event);
}

export const explain = (): string => '';

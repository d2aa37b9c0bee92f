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

/** Resolves when other tasks have had their turn. Timers of pages take 4 ms, and a second where nobody sees the page. */
export function yieldToOthers(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { postTask?(callback: () => void): void } };
  return new Promise(
    (resolve) => void (scheduler?.postTask ? scheduler.postTask(resolve) : setTimeout(resolve)),
  );
}

export function dispatch(target: EventTarget, event: Event): void {
  target.dispatchEvent(event);
}

export const explain = (): string => '';

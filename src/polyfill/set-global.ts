import { FetchEventSource } from 'eventsource-fetch';

/** Defines the global as the platform would: writable, configurable, not enumerable. */
export function setGlobal(): void {
  Object.defineProperty(globalThis, 'EventSource', {
    value: FetchEventSource,
    writable: true,
    configurable: true,
  });
}

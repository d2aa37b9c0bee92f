import { FetchEventSource } from 'eventsource-fetch';

/** Puts the class where the native one would be, with the attributes that interfaces have there. */
export function setGlobal(): void {
  Object.defineProperty(globalThis, 'EventSource', {
    value: FetchEventSource,
    writable: true,
    configurable: true,
  });
}

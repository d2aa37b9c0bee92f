// Compiles where there is a global `EventSource`: the DOM library's, or the one of @types/node from version 22 on.
import { FetchEventSource } from '../../src/index.js';

export const source: EventSource = new FetchEventSource('https://source.test/');
export const Class: typeof EventSource = FetchEventSource;
globalThis.EventSource = FetchEventSource;

/**
 * A hook for React 18 and later.
 *
 * @module eventsource-fetch/react
 */

'use client';

export { useEventSource } from './react/use-event-source.js';
export type { EventSourceState, EventSourceStatus, HookOptions } from './types/react.js';

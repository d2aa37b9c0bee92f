import { useCallback, useInsertionEffect, useState, useSyncExternalStore } from 'react';
import type { AnyMessageEvent } from '../types/events.js';
import type { FetchEventSourceInit, InitWithParsers } from '../types/options.js';
import type { EventSourceState, HookOptions } from '../types/react.js';
import { describe } from './options.js';
import { EventStore, type HookInit, toInit } from './store.js';

/**
 * Connects while the component is mounted, and renders it with the events of all types and the state of the connection,
 * once per frame at most.
 *
 * Functions in the options are the latest ones whenever they are called. When another option changes its value, the source
 * connects again and resumes; when the URL changes, it starts over. What has no value to compare, such as a signal or a
 * schema, takes effect with the next connection.
 *
 * @param url - `null` is no connection.
 * @throws TypeError for an option that cannot work, where the component is mounted.
 */
export function useEventSource<Events>(
  url: string | URL | null | undefined,
  init: InitWithParsers<Events> & HookOptions<AnyMessageEvent<string, Events>>,
): EventSourceState<AnyMessageEvent<string, Events>>;
export function useEventSource<Data = string, Events = Record<never, never>>(
  url: string | URL | null | undefined,
  init?: FetchEventSourceInit<Data, Events> & HookOptions<AnyMessageEvent<Data, Events>>,
): EventSourceState<AnyMessageEvent<Data, Events>>;
export function useEventSource(
  url: string | URL | null | undefined,
  init: object = {},
): EventSourceState<unknown> {
  const options = init as HookInit;
  const [store] = useState(() => new EventStore());
  const address = url == null ? undefined : `${url}`;
  // Not while rendering: React may throw a render away.
  useInsertionEffect(() => {
    store.options = options;
  });
  const key = describe(toInit(options));
  // biome-ignore lint/correctness/useExhaustiveDependencies: with other options, the source has to connect again
  const subscribe = useCallback(
    (notify: () => void) => store.subscribe(address, notify),
    [store, address, key],
  );
  return useSyncExternalStore(
    subscribe,
    () => store.read(address),
    () => store.readInitial(address),
  );
}

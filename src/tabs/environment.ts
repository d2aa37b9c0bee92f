import type { Message } from './message.js';
import type { SharedFetch } from './share.js';

/** The part of `BroadcastChannel` that is used. */
export interface Channel {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: Message): void;
  close(): void;
}

/** The part of `LockManager` that is used. */
export interface Locks {
  request(
    name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    callback: () => Promise<void> | undefined,
  ): Promise<unknown>;
  query(): Promise<{ pending?: { name?: string }[] }>;
}

/** What a page does: it goes out of sight, comes back, or becomes visible or hidden. */
export type PageEvent = 'hide' | 'show' | 'visibility';

/** What the protocol takes of the world around it: a browser's page or worker, or a test's model of several. */
export interface Environment {
  readonly locks: Locks;
  readonly fetch: SharedFetch;
  openChannel(name: string): Channel;
  /** Calls back after a time in milliseconds. Returns how to prevent that. */
  wait(time: number, callback: () => void): () => void;
  /** In milliseconds since the epoch: the clock that all tabs have. */
  now(): number;
  /** From 0 on, below 1. */
  random(): number;
  isVisible(): boolean;
  /** Calls back for what the page does. Returns how to stop that. */
  observe(callback: (event: PageEvent) => void): () => void;
}

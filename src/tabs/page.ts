import type { Channel, Environment, PageEvent } from './environment.js';
import type { SharedFetch } from './share.js';

const EVENTS: Record<PageEvent, string> = {
  hide: 'pagehide',
  show: 'pageshow',
  visibility: 'visibilitychange',
};

/** Whether this is a page or a worker that lives as long as somebody looks at it, and can share. */
export const canShare = (): boolean =>
  !!globalThis.isSecureContext &&
  globalThis.origin !== 'null' &&
  !!globalThis.navigator?.locks &&
  !!globalThis.BroadcastChannel &&
  !('skipWaiting' in globalThis);

/** A page or a worker as the protocol sees it. */
export const createEnvironment = (fetch: SharedFetch): Environment => ({
  locks: navigator.locks as Environment['locks'],
  fetch,
  openChannel: (name) => new BroadcastChannel(name) as Channel,
  wait: (time, callback) => {
    const timer = setTimeout(callback, time);
    return () => clearTimeout(timer);
  },
  now: Date.now,
  random: Math.random,
  isVisible: () => globalThis.document?.visibilityState !== 'hidden',
  observe: (callback) => {
    const controller = new AbortController();
    for (const [name, type] of Object.entries(EVENTS)) {
      const target = name === 'visibility' ? globalThis.document : globalThis;
      target?.addEventListener(type, () => callback(name as PageEvent), controller);
    }
    return () => controller.abort();
  },
});

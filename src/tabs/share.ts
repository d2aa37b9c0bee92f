import { setLastEventId } from '../http/last-event-id.js';
import { isMadeOf } from '../http/mark.js';
import type { FetchEventSourceInit } from '../types/options.js';
import type { Call } from './call.js';
import type { Environment } from './environment.js';
import { Member } from './member.js';
import { canShare, createEnvironment } from './page.js';
import { Standby } from './standby.js';

/** What tabs share, and how. */
export interface ShareOptions {
  /**
   * Who gets the same stream: the user's ID, say. Tabs with another key do not share. `''` says that the stream is the
   * same for everybody. It is no secret: scripts of the origin can read it.
   */
  readonly key: string;
  /** The `lastEventIdParam` of the sources, which is no part of the URL by which tabs are told apart. */
  readonly lastEventIdParam?: string | undefined;
  /**
   * For a server that greets each connection with the state: each tab that joins opens a connection of its own first, and
   * closes it when it can go on with the others.
   * @defaultValue false
   */
  readonly snapshot?: boolean | undefined;
  /**
   * Makes the connection.
   * @defaultValue `globalThis.fetch`, looked up at every attempt
   */
  readonly fetch?: SharedFetch | undefined;
}

/** What the class, or any other client, takes for its `fetch`. */
export type SharedFetch = NonNullable<FetchEventSourceInit['fetch']>;

/** The ID that a header has, one character a byte. */
function decode(value: string | null): string | undefined {
  try {
    return value === null ? undefined : decodeURIComponent(escape(value));
  } catch {
    return value ?? undefined;
  }
}

function readCall(
  url: string,
  init: Call['init'],
  { lastEventIdParam: param = '', snapshot }: ShareOptions,
): Call {
  const sent = param ? new URL(url).searchParams.get(param) : decode(init.headers.get('Last-Event-ID'));
  return { url, init, param, id: sent ?? undefined, isSnapshot: !!snapshot };
}

/** Those who get the same: the same name means the same connection. */
function nameGroup({ url, init, param }: Call, key: string): string {
  const address = new URL(url);
  setLastEventId(address, new Headers(), '', param);
  address.hash = '';
  const { credentials, mode, headers } = init;
  return `eventsource-fetch 1 ${JSON.stringify([key, address, credentials, mode, headers.get('Accept')])}`;
}

/** A `fetch` whose calls share one connection with those of others in the same environment. */
export function createShare(options: ShareOptions, environment: Environment): SharedFetch {
  /** Of calls that failed, by the name of their group. */
  const standbys = new Map<string, Standby>();
  return async (url, init) => {
    const { signal, method = 'GET' } = init;
    if (!/^get$/i.test(method)) return environment.fetch(url, init);
    if (signal.aborted) throw signal.reason;
    const call = readCall(url, init, options);
    const name = nameGroup(call, options.key);
    const standby = standbys.get(name);
    if (standby?.hasHeard) {
      standby.hasHeard = false;
      throw Object.assign(new TypeError('Another tab is trying'), { until: standby.until });
    }
    standby?.end();
    const leave = () => {
      member.caller.abort(signal.reason);
      member.end();
    };
    const member = new Member(name, call, environment, (hasFailed) => {
      signal.removeEventListener('abort', leave);
      if (hasFailed) standbys.set(name, new Standby(name, environment));
    });
    signal.addEventListener('abort', leave);
    return member.caller.response;
  };
}

/**
 * Makes a `fetch` for event streams that shares one connection with all tabs of the browser profile that have the same
 * key, URL, `credentials`, `mode` and `Accept`: one tab connects, and hands on what comes.
 *
 * It is for GET requests. Others go their own way.
 *
 * @returns `undefined`, which the class takes for no `fetch` at all, where tabs cannot share: outside browsers, in insecure
 * contexts and in service workers. With a `fetch` option, that.
 * @throws TypeError without a key, and for a `fetch` of `whileVisible()`, which belongs outside.
 * @example
 * new FetchEventSource('/feed', { fetch: shareAcrossTabs({ key: userId }) });
 */
export function shareAcrossTabs(options: ShareOptions): SharedFetch | undefined {
  const { key, fetch } = Object(options);
  // Without one, a user could see what is for another.
  if (typeof key !== 'string') throw new TypeError(`key: expected a string, got ${typeof key}`);
  if (isMadeOf(fetch, 'whileVisible')) {
    throw new TypeError(
      'fetch: pass shareAcrossTabs() to whileVisible(), or a hidden tab could silence visible ones',
    );
  }
  if (!canShare()) return fetch;
  return createShare(options, createEnvironment(fetch ?? ((url, init) => globalThis.fetch(url, init))));
}

import { FetchEventSourceError } from './errors.js';
import { globalFetch, type Source } from './options.js';
import { isUnknown } from './platform.js';
import { callFetch, type Init } from './request.js';
import { discard } from './response.js';
import { isBrowser } from './runtime.js';

/** As many as the Fetch Standard allows. */
const MAX_REDIRECTS = 20;

/**
 * Whether a request holds what the caller may not want every origin to get. If not, a caller's `fetch` follows redirects
 * as the platform's does: what that `fetch` adds is known to it alone, and it would add it for each hop of ours.
 */
export const hasSecrets = ({ headers, url }: Source, { body }: Init): boolean =>
  headers !== undefined || body != null || /^\w+:\/\/[^/]*@/.test(url);

/**
 * Sends a request and follows its redirects, where that is not a browser's business. Outside browsers `fetch` would
 * hand the caller's headers and body to any origin that it is redirected to.
 *
 * @throws FetchEventSourceError `redirect`
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export async function send(source: Source, url: string, init: Init): Promise<Response> {
  if (isBrowser()) return callFetch(source, url, init);
  const isGlobal = source.fetch === globalFetch;
  if (isGlobal) addPatience(init, source.connectTimeout);
  const isOurs = !init.redirect && (isGlobal || hasSecrets(source, init));
  init.redirect ??= isOurs ? 'manual' : 'follow';
  for (let redirects = 0; ; redirects++) {
    adapt(init);
    const response = await callFetch(source, url, init);
    // T3: a caller's fetch may ignore the signal
    if (init.signal?.aborted) throw discard(response);
    const location = response.headers.get('Location');
    if (!isOurs || location === null || ![301, 302, 303, 307, 308].includes(response.status)) {
      // One of a caller's fetch may not say where it comes from.
      return response.url ? response : Object.defineProperty(response, 'url', { value: url });
    }
    const target = new URL(url);
    const next = readLocation(location, target);
    const redirected = redirect(init, response.status, target.origin === next?.origin);
    const objection =
      redirects === MAX_REDIRECTS
        ? `more than ${MAX_REDIRECTS} of them`
        : findObjection(target, next, redirected, isGlobal);
    if (objection) {
      throw new FetchEventSourceError('redirect', `Redirect not followed: ${objection}`, undefined, response);
    }
    discard(response);
    init = redirected;
    url = `${next}`;
  }
}

/**
 * What a runtime without a cache, cookies and pages makes of the members that speak of them: Workers throw for some of
 * these, Deno and Bun do not do what they say.
 */
function adapt(init: Init): void {
  const { headers } = init;
  // rule 54
  if (init.cache === 'no-store' && !headers.has('Cache-Control')) headers.set('Cache-Control', 'no-cache');
  for (const name of ['cache', 'credentials', 'mode'] as const) {
    if (!isTaken(name, init[name])) delete init[name];
  }
}

/** What `Request` is known to take: finding out makes more garbage than all else of an attempt. */
let taken = new Set<string>();
/** Whose that knowledge is: test environments replace the global. */
let taker: typeof Request | undefined;

function isTaken(name: string, value: unknown): boolean {
  // Not every runtime has one.
  if (taker !== globalThis.Request) taken = new Set();
  taker = globalThis.Request;
  const member = `${name}: ${value}`;
  if (!taken.has(member) && !isUnknown(name, value)) taken.add(member);
  return taken.has(member);
}

/** Where to go, or `undefined` if that is no URL. */
function readLocation(location: string, base: URL): URL | undefined {
  try {
    return new URL(fromBytes(location), base);
  } catch {
    return undefined;
  }
}

/** A header's value has one character for each byte of what is, as a rule, UTF-8. */
function fromBytes(value: string): string {
  try {
    return decodeURIComponent(escape(value));
  } catch {
    return value;
  }
}

/** What of a request goes on after a redirect. */
function redirect(request: Init, status: number, isSameOrigin: boolean): Init {
  const { method = 'GET', body } = request;
  const headers = new Headers(request.headers);
  const names = [...headers.keys()];
  const isPost = /^post$/i.test(method);
  const becomesGet = status === 303 ? !/^get$/i.test(method) : status < 303 && isPost;
  for (const name of names) {
    const isOfBody = /^content-/.test(name);
    if ((becomesGet && isOfBody) || !(isSameOrigin || /^(accept|last-event-id)$/.test(name)))
      headers.delete(name);
  }
  return { ...request, headers, ...(becomesGet ? { method: 'GET', body: null } : { body: body ?? null }) };
}

/** What speaks against following, if anything does. */
function findObjection(from: URL, to: URL | undefined, request: Init, isGlobal: boolean): string | undefined {
  if (!to) return 'its Location is no URL';
  if (!/^https?:$/.test(to.protocol)) return `to ${to.protocol}`;
  if (from.protocol === 'https:' && to.protocol === 'http:') return 'from https: to http:';
  if (to.username || to.password) return 'its Location has a user or password';
  if (!isGlobal && from.origin !== to.origin)
    return `your fetch may add what is not for ${to.origin}; pass redirect: 'follow' to leave redirects to it`;
  if (request.body == null) return undefined;
  if (from.origin !== to.origin) return `the body is not for ${to.origin}; pass redirect: 'follow' if it is`;
  if (Symbol.asyncIterator in Object(request.body)) return 'a stream cannot be sent twice';
  return undefined;
}

/**
 * Has Node wait for the next bytes, and with a time-out of our own for the first ones, as long as it takes: it ends
 * silent connections after five minutes. Its dispatcher is undici's: https://undici.nodejs.org/#/docs/api/Dispatcher
 */
function addPatience(init: Init, connectTimeout: number): void {
  const dispatcher: Dispatcher | undefined = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
  if (!dispatcher?.dispatch || 'dispatcher' in init) return;
  const [bodyOnly, both] = patients.get(dispatcher) ?? makePatient(dispatcher);
  Object.assign(init, { dispatcher: connectTimeout ? both : bodyOnly });
}

/** Of each dispatcher that has been the global one: the same for all connections. */
const patients = new WeakMap<Dispatcher, Dispatcher[]>();

function makePatient(dispatcher: Dispatcher): Dispatcher[] {
  const made = [{ bodyTimeout: 0 }, { bodyTimeout: 0, headersTimeout: 0 }].map((timeouts) =>
    Object.create(dispatcher, {
      dispatch: {
        value: (options: object, handler: Handler) => {
          stopLater(handler);
          return dispatcher.dispatch(Object.assign(options, timeouts), handler);
        },
      },
    }),
  );
  patients.set(dispatcher, made);
  return made;
}

/** In bytes: as many as Node takes from a socket at once. */
const SOCKET_CHUNK = 65_536;

/**
 * Has a connection stop only when that many bytes wait. In Node 20, `fetch` stops it at 16 KB, with the rest of what was
 * taken from the socket put back; to go on takes as much again. So the heap of a slow reader would grow by three times
 * what it reads, all of that copied each time.
 */
function stopLater(handler: Handler): void {
  const { onData } = handler;
  if (!onData) return;
  let bytes = 0;
  handler.onData = function (chunk) {
    bytes += chunk.length;
    // Not `false` is to go on.
    const answer = onData.call(this, chunk);
    if (answer !== false || bytes < SOCKET_CHUNK) return true;
    bytes = 0;
    return false;
  };
}

interface Dispatcher {
  dispatch(options: object, handler: Handler): boolean;
}

interface Handler {
  onData?(chunk: Uint8Array): unknown;
}

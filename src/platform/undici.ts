import type { Init } from '../http/call-fetch.js';

/** https://undici.nodejs.org/#/docs/api/Dispatcher */
interface Dispatcher {
  dispatch(options: object, handler: Handler): boolean;
}

interface Handler {
  onData?(chunk: Uint8Array): unknown;
}

/**
 * Lifts the time-outs of Node's `fetch`, which ends connections after five silent minutes. The one for the response's
 * head is lifted only if `connectTimeout` replaces it.
 */
export function waitPatiently(init: Init, connectTimeout: number): void {
  // Bun's fetch ends silent streams after five minutes, too, and has an option for that.
  if ('Bun' in globalThis && !('timeout' in init)) Object.assign(init, { timeout: false });
  const dispatcher = findDispatcher();
  if (!dispatcher?.dispatch || 'dispatcher' in init) return;
  const [forBody, forBoth] = patient.get(dispatcher) ?? makePatient(dispatcher);
  // Timers cannot count more than that: then it is no limit, and Node's own stays.
  const isLimited = connectTimeout > 0 && connectTimeout < 2 ** 31;
  Object.assign(init, { dispatcher: isLimited ? forBoth : forBody });
}

/** What Node's own undici uses. A package of another version may have set it for both, and takes other handlers. */
function findDispatcher(): Dispatcher | undefined {
  const version = Number.parseInt(`${globalThis.process?.versions['undici']}`, 10) < 8 ? 1 : 2;
  return Reflect.get(globalThis, Symbol.for(`undici.globalDispatcher.${version}`));
}

/** The patient versions of each dispatcher that was ever the global one: all connections share them. */
const patient = new WeakMap<Dispatcher, Dispatcher[]>();

function makePatient(dispatcher: Dispatcher): Dispatcher[] {
  const made = [{ bodyTimeout: 0 }, { bodyTimeout: 0, headersTimeout: 0 }].map((timeouts) =>
    Object.create(dispatcher, {
      dispatch: {
        value: (options: object, handler: Handler) => {
          pauseLater(handler);
          return dispatcher.dispatch(Object.assign(options, timeouts), handler);
        },
      },
    }),
  );
  patient.set(dispatcher, made);
  return made;
}

/** In bytes: what Node takes from a socket at once. */
const SOCKET_CHUNK = 65_536;

/**
 * Pauses a connection only after a whole chunk of a socket. Node 20 pauses at 16 KB, puts the rest back, and copies all
 * of it again to go on: the heap of a slow reader would grow by three times what it reads.
 */
function pauseLater(handler: Handler): void {
  const { onData } = handler;
  if (!onData) return;
  let bytes = 0;
  handler.onData = function (chunk) {
    bytes += chunk.length;
    const goesOn = onData.call(this, chunk) !== false;
    if (goesOn || bytes < SOCKET_CHUNK) return true;
    bytes = 0;
    return false;
  };
}

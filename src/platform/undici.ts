import type { Init } from '../http/call-fetch.js';

/** https://undici.nodejs.org/#/docs/api/Dispatcher */
interface Dispatcher {
  dispatch(options: object, handler: Handler): boolean;
}

interface Handler {
  onData?(chunk: Uint8Array): unknown;
}

/**
 * Has Node wait for as long as it takes: its `fetch` ends connections that are silent for five minutes. The first bytes
 * are waited for without limit only where a time-out of ours is running.
 */
export function waitPatiently(init: Init, connectTimeout: number): void {
  const dispatcher: Dispatcher | undefined = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
  if (!dispatcher?.dispatch || 'dispatcher' in init) return;
  const [forBody, forBoth] = patient.get(dispatcher) ?? makePatient(dispatcher);
  Object.assign(init, { dispatcher: connectTimeout ? forBoth : forBody });
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
 * Has a connection pause only when a socket's chunk is waiting. In Node 20, `fetch` pauses it at 16 KB and puts back the
 * rest of what it took from the socket; going on takes the whole again. The heap of a slow reader would grow by three
 * times what it reads, all of it copied each time.
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

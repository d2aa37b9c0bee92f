import { FetchEventSource } from 'eventsource-fetch';
import { BusyMeter } from './busy.js';
import { findOffset, makeUrl, measure } from './measure.js';

const CLIENTS = { ours: FetchEventSource, native: EventSource, websocket: WebSocket };
/** In milliseconds. */
const CALIBRATION = 400;

/** One run of one client in this page. */
export async function runHere(client, { wantsCpu, ...query }, onSample) {
  const offset = await findOffset(location.href);
  // The meter keeps the thread busy, which disturbs the other measurements.
  const busy = wantsCpu ? new BusyMeter() : undefined;
  try {
    await busy?.calibrate(CALIBRATION);
    const readCpu = busy ? busy.read : () => null;
    return await measure({
      url: makeUrl(location.href, client, query),
      Client: CLIENTS[client],
      offset,
      readCpu,
      onSample,
    });
  } finally {
    busy?.close();
  }
}

/** The same in a Node process that the server starts. Resolves with `undefined` if Node has no such client. */
export function runInNode(client, query, onSample) {
  const url = `/compare/node?${new URLSearchParams({ ...query, client })}`;
  const source = new FetchEventSource(url, { reconnect: false });
  return new Promise((resolve, reject) => {
    source.addEventListener('sample', ({ data }) => onSample(JSON.parse(data)));
    source.addEventListener('result', ({ data }) => resolve(JSON.parse(data)));
    source.addEventListener('missing', () => resolve(undefined));
    source.addEventListener('error', ({ message }) => reject(new Error(message)));
  }).finally(() => source.close());
}

import { seconds } from '/elements.js';

const SAID = {
  'end-of-stream': 'The server ended the stream',
  network: 'The connection broke',
  'idle-timeout': 'Silence: taken for dead',
  'connect-timeout': 'No answer in time',
  'content-type': 'Refused: no event stream',
  headers: 'No token available',
  aborted: 'Dropped by reconnect()',
};

/** What an error means, for readers who do not know the codes. */
export function explainEnd({ code, status }) {
  if (status === 401) return 'Refused: 401, token expired';
  return code === 'http-status' ? `Refused: ${status}` : SAID[code];
}

/**
 * Why the wait is that long: what the server asked for, and what was added.
 *
 * @param failures - in a row, including this one; 0 if something was delivered.
 */
export function explainWait({ error, reconnectIn }, reconnectionTime, failures) {
  if (reconnectIn === undefined) return 'no further attempt';
  if (reconnectIn === 0) return 'again immediately';
  const retryAfter = Number(error.response?.headers.get('Retry-After')) * 1000;
  if (retryAfter >= reconnectIn) return `${seconds(reconnectIn)}, as Retry-After says`;
  const extra = seconds(reconnectIn - reconnectionTime);
  const why = failures ? `failure no. ${failures}` : 'random';
  return `${seconds(reconnectIn)} = ${seconds(reconnectionTime)} retry + ${extra} ${why}`;
}

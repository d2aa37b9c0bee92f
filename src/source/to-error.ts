import { FetchEventSourceError, type FetchEventSourceErrorCode } from '../errors/error.js';
import { markPermanent } from '../errors/permanent.js';

/** What Node's fetch never does: connect to a port that it blocks, or take what an option gave. */
const PERMANENT = /^(blocked port|UND_ERR_(INVALID_ARG|NOT_SUPPORTED))$/;

/** By name, because an AbortError may come from another realm (T2), and our own from another copy of the library. */
function findKind(cause: unknown): FetchEventSourceErrorCode {
  const { name, code } = Object(cause);
  if (name === 'FetchEventSourceError' && code === 'not-resumable') return code;
  return name === 'AbortError' ? 'aborted' : 'network';
}

/** What an attempt, or the stream that it opened, rejected with, as one of our errors. */
export function toError(cause: unknown, isOpen: boolean): FetchEventSourceError {
  if (cause instanceof FetchEventSourceError) return cause;
  const kind = findKind(cause);
  // Node's fetch has the system's error as its cause. Only the code of that, because its text may hold secrets.
  const { code, message } = Object((cause as Error | undefined)?.cause);
  const reason = message === 'bad port' ? 'blocked port' : String(code);
  // Pages cannot tell these from each other.
  const what = isOpen ? 'lost' : globalThis.location ? 'failed, or refused by CORS' : 'failed';
  const text = `Connection ${what}${/^([A-Z][A-Z\d_]+|blocked port)$/.test(reason) ? ` (${reason})` : ''}`;
  const error = new FetchEventSourceError(kind, text, cause);
  return PERMANENT.test(reason) ? markPermanent(error) : error;
}

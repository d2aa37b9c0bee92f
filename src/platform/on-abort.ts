import { createDOMException } from './dom-exception.js';

type Callback = (reason: unknown) => void;

/** Those who wait for each signal. */
const waiting = new WeakMap<AbortSignal, Set<Callback>>();

/** What a signal was aborted with. React Native's have no reason. */
const reasonOf = (signal: AbortSignal): unknown =>
  signal.reason === undefined
    ? createDOMException('This operation was aborted', 'AbortError')
    : signal.reason;

/** One for all signals and all who wait for them, because Node warns of more than ten listeners on a signal. */
function listener({ target }: Event): void {
  const signal = target as AbortSignal;
  const reason = reasonOf(signal);
  for (const callback of waiting.get(signal) ?? []) callback(reason);
}

/** Calls back when the signal is aborted, at once if it already is. Returns how to stop waiting. */
export function onAbort(signal: AbortSignal, callback: Callback): () => void {
  if (signal.aborted) {
    callback(reasonOf(signal));
    return () => {};
  }
  const callbacks = waiting.get(signal) ?? new Set();
  waiting.set(signal, callbacks.add(callback));
  if (callbacks.size === 1) signal.addEventListener('abort', listener);
  return () => {
    callbacks.delete(callback);
    if (!callbacks.size) signal.removeEventListener('abort', listener);
  };
}

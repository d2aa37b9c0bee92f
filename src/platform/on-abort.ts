import { createDOMException } from './dom-exception.js';

type Callback = (reason: unknown) => void;

/** Those who wait for each signal. They share one listener, because Node warns of more than ten. */
const waiting = new WeakMap<AbortSignal, { callbacks: Set<Callback>; listener: () => void }>();

/** What a signal was aborted with. React Native's have no reason. */
const reasonOf = (signal: AbortSignal): unknown =>
  signal.reason === undefined
    ? createDOMException('This operation was aborted', 'AbortError')
    : signal.reason;

/** Calls back when the signal is aborted, at once if it already is. Returns how to stop waiting. */
export function onAbort(signal: AbortSignal, callback: Callback): () => void {
  if (signal.aborted) {
    callback(reasonOf(signal));
    return () => {};
  }
  const { callbacks, listener } = waiting.get(signal) ?? listen(signal);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size) return;
    signal.removeEventListener('abort', listener);
    waiting.delete(signal);
  };
}

function listen(signal: AbortSignal) {
  const callbacks = new Set<Callback>();
  const listener = () => {
    const reason = reasonOf(signal);
    for (const callback of callbacks) callback(reason);
  };
  signal.addEventListener('abort', listener);
  const entry = { callbacks, listener };
  waiting.set(signal, entry);
  return entry;
}

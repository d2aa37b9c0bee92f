import type { Platform } from './contract.js';

/** A browser's `Request` validates its init. */
export const isRefused: Platform['isRefused'] = (name, value) => {
  try {
    const { method, mode, integrity } = new Request('http://localhost', { [name]: value });
    // No event stream can live with these.
    return !!integrity || /HEAD|no-cors/.test(method + mode);
  } catch {
    return true;
  }
};

export const onAbort: Platform['onAbort'] = (signal, callback) => {
  // A polyfill's signal may have no reason.
  const listener = () => callback(signal.reason ?? createDOMException('Aborted', 'AbortError'));
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener);
  return () => signal.removeEventListener('abort', listener);
};

export const createDOMException: Platform['createDOMException'] = (message, name) =>
  new DOMException(message, name);

export const createMessageEvent: Platform['createMessageEvent'] = (type, init) =>
  new MessageEvent(type, init);

export const createErrorEvent: Platform['createErrorEvent'] = (extras) =>
  Object.assign(new Event('error'), extras);

export const dispatch: Platform['dispatch'] = (target, event) => void target.dispatchEvent(event);

/** Timers take at least 4 ms in pages, and a second in hidden tabs. */
export const yieldToOthers: Platform['yieldToOthers'] = () => {
  const { scheduler } = globalThis as { scheduler?: { postTask?(callback: () => void): void } };
  return new Promise(
    (resolve) => void (scheduler?.postTask ? scheduler.postTask(resolve) : setTimeout(resolve)),
  );
};

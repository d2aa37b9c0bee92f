// Compiles where the language knows `using`: lib esnext.disposable.
import { FetchEventSource } from '../../src/index.js';

export function consume(): number {
  using source: FetchEventSource = new FetchEventSource('https://source.test/');
  return source.readyState;
}

export const disposable: Disposable = new FetchEventSource('https://source.test/');
disposable[Symbol.dispose]();
export const dispose: () => void = new FetchEventSource('https://source.test/')[Symbol.dispose];

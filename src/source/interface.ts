/**
 * Gives a class what the IDL of the standard asks for and the syntax of the language cannot say: constants on the class
 * and its prototype, enumerable members, the name of the interface.
 *
 * https://webidl.spec.whatwg.org/#js-interfaces
 */
export function defineInterface(target: { prototype: { close(): void } }): void {
  const { prototype } = target;
  const define = Object.defineProperty;
  // All but the constructor, which is always the first.
  for (const name of Object.getOwnPropertyNames(prototype).slice(1)) {
    define(prototype, name, { enumerable: true });
  }
  define(target, 'fromReadableStream', { enumerable: true });
  ['CONNECTING', 'OPEN', 'CLOSED'].forEach((name, value) => {
    define(target, name, { value, enumerable: true });
    define(prototype, name, { value, enumerable: true });
  });
  // Libraries that pass a `fetch` to a foreign class check for this symbol, which the package `eventsource` introduced.
  define(target, Symbol.for('eventsource.supports-fetch-override'), { value: true });
  // The polyfill for browsers that LaunchDarkly's SDKs know has this. They ask whether it takes a `method`.
  define(target, 'supportedOptions', { value: { headers: true, method: true, withCredentials: true } });
  const name = { value: 'EventSource', configurable: true };
  define(target, 'name', name);
  define(prototype, Symbol.toStringTag, name);
  if (Symbol.dispose) {
    const value = function (this: typeof prototype) {
      this.close();
    };
    define(prototype, Symbol.dispose, { value });
  }
}

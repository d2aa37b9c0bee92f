import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceInit } from '../../src/index.js';

const URL_STRING = 'http://source.test/stream';

/** Replaces a global until the end of the test. */
function stub(name: string, value: unknown): void {
  vi.stubGlobal(name, value);
  onTestFinished(() => void vi.unstubAllGlobals());
}

/** A `Request` as of Bun, which reads hardly anything of its init. */
class CarelessRequest {
  readonly method = 'GET';
}

describe('where Request takes anything', () => {
  test.each([
    ['method', 'TRACE'],
    ['method', 'connect'],
    ['method', 'a b'],
    ['method', 'HEAD'],
    ['mode', 'no-cors'],
    ['mode', 'navigate'],
    ['credentials', 'nonsense'],
    ['cache', 'nonsense'],
    ['integrity', 'sha256-abc'],
  ])('%s: %o is a TypeError still', (name, value) => {
    stub('Request', CarelessRequest);
    expect(() => new FetchEventSource(URL_STRING, { [name]: value } as FetchEventSourceInit)).toThrow(
      new TypeError(`${name}: got ${value}`),
    );
  });
});

import { expect, test } from 'vitest';
import { findFault } from './random-class/find-fault.js';

// A failure prints the seed, and EVENT_SOURCE_SEED repeats it. `npm run fuzz:class` sets the number of sequences.
const environment: Record<string, string | undefined> = typeof process === 'undefined' ? {} : process.env;
const isNode = typeof document === 'undefined';
const SEED = environment['EVENT_SOURCE_SEED'];
const RUNS = Number(environment['EVENT_SOURCE_RUNS'] ?? (SEED ? 1 : isNode ? 2_000 : 500));

// Under vitest, jsdom reports exceptions only to its own console.
test.skipIf(/jsdom/.test(globalThis.navigator?.userAgent))(
  'a source keeps its promises, whatever its server and its caller do and whenever they do it',
  async () => {
    expect(await findFault(Number(SEED ?? Date.now()), RUNS)).toBe(undefined);
  },
  60_000 + 20 * RUNS,
);

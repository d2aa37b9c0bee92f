import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interpret } from './interpret.js';
import { type RandomStream, randomStream } from './random-streams.js';
import { type Interpretation, type Item, interpretLiterally, summarize } from './reference-interpreter.js';

// A failure prints the seed, and EVENT_STREAM_SEED repeats it. `npm run fuzz` sets the number of runs.
const environment: Record<string, string | undefined> = typeof process === 'undefined' ? {} : process.env;
const isNode = typeof document === 'undefined';
const RUNS = Number(environment['EVENT_STREAM_RUNS'] ?? (isNode ? 20_000 : 2_000));
const SEED = environment['EVENT_STREAM_SEED'];

/** What a caller has seen of it. */
function see(interpretation: Interpretation, { leaveAfter, wantsComments }: RandomStream): Interpretation {
  const items = interpretation.items.filter(({ type }) => wantsComments || type !== '');
  const last = items[leaveAfter - 1];
  return summarize(items.slice(0, leaveAfter), last ?? interpretation);
}

/** Like a network stack that reads into the same buffer again and again. */
function* reusing(chunks: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const chunk of chunks) {
    const copy = chunk.slice();
    yield copy;
    copy.fill(0xff);
  }
}

const keys = ['type', 'data', 'lastEventId', 'reconnectionTime'] as const;
const isSameItem = (a: Item, b: Item | undefined) => keys.every((key) => a[key] === b?.[key]);

function isSame(a: Interpretation, b: Interpretation): boolean {
  return (
    a.items.length === b.items.length &&
    a.lastEventId === b.lastEventId &&
    a.reconnectionTime === b.reconnectionTime &&
    a.items.every((item, index) => isSameItem(item, b.items[index]))
  );
}

test(
  'any stream means the same as to the reference, however it is cut and whenever the caller leaves',
  () => {
    const property = fc.property(randomStream, (stream) => {
      const { input, chunks, source, leaveAfter, wantsComments } = stream;
      const leaves = ({ length }: ArrayLike<Item>) => length === leaveAfter;
      const actual = interpret(reusing(chunks), source, { leaves, wantsComments });
      const expected = see(interpretLiterally(input, source), stream);
      // There are hundreds of thousands of comparisons, and the one that explains itself is slow.
      if (!isSame(actual, expected)) {
        const { items, lastEventId, reconnectionTime } = expected;
        expect(actual).toMatchObject({ items, lastEventId, reconnectionTime });
      }
    });
    fc.assert(property, { numRuns: RUNS, ...(SEED && { seed: Number(SEED) }) });
  },
  30_000 + RUNS,
);

import { EventStreamInterpreter } from '../src/stream/interpreter.js';
import { type Interpretation, type Item, type Source, summarize } from './reference-interpreter.js';

export const FRESH: Source = { lastEventId: '', reconnectionTime: 3_000 };

/** The state of the source, apart from what it has learned. */
export interface Caller {
  /** Whether to stop, as after `close()`. */
  readonly leaves?: (items: readonly Item[]) => boolean;
  readonly wantsComments?: boolean;
  readonly maxEventSize?: number;
}

/** The one place that knows how to call the interpreter. */
export function interpret(
  chunks: Iterable<Uint8Array | string>,
  source: Source = FRESH,
  { leaves = () => false, wantsComments = true, maxEventSize = Number.POSITIVE_INFINITY }: Caller = {},
): Interpretation & { hasDelivered: boolean; retries: number[] } {
  const state = { ...source };
  const items: Item[] = [];
  const known = (): Source => ({
    lastEventId: state.lastEventId ?? '',
    reconnectionTime: state.reconnectionTime,
  });
  let hasLeft = false;
  const retries: number[] = [];
  const take = (type: string, data: string) => {
    items.push({ type, data, ...known() });
    hasLeft = leaves(items);
    return !hasLeft;
  };
  const handlers = {
    onEvent: take,
    // Where nobody wants comments, they may come or not, whole or not.
    onComment: (comment: string) => !wantsComments || take('', comment),
    onRetry: (time: number) => void retries.push(time),
  };
  const interpreter = new EventStreamInterpreter(state, handlers, { maxEventSize, wantsComments });
  for (const chunk of chunks) {
    interpreter.interpret(chunk);
    if (hasLeft) break;
  }
  return {
    ...summarize(items, known()),
    hasDelivered: interpreter.hasDelivered,
    retries,
  };
}

export const BOM: readonly number[] = [0xef, 0xbb, 0xbf];
const encoder = new TextEncoder();

/** Text becomes UTF-8; bytes stay as they are. */
export function bytes(...parts: (string | ArrayLike<number>)[]): Uint8Array {
  const encoded = parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part));
  const all = new Uint8Array(encoded.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of encoded) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

/** The input between these positions, which may be in any order and repeated. Then a chunk is empty. */
export function cutAt(input: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const ends = [...positions, input.length].sort((a, b) => a - b);
  return ends.map((end, index) => input.subarray(ends[index - 1] ?? 0, end));
}

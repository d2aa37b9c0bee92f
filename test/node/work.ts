/**
 * Counts the work that a function does, to show that it grows no faster than the input. Unlike a time, the count is
 * the same on every machine and in every run.
 *
 * It has two parts: the code that ran, as V8's coverage knows it (other engines go without), and the characters, bytes
 * and elements that native methods had to look at or to copy. Two things cannot be intercepted, so they do not count:
 * `text[index]`, and comparing texts.
 */
import { type Profiler, Session } from 'node:inspector';

/** One call of a native method. */
interface Call {
  readonly subject: unknown;
  readonly argument: unknown;
  /** Where a search begins, if the call says so. */
  readonly start: number | undefined;
  readonly result: unknown;
}

type Cost = (call: Call) => number;
type Method = (this: unknown, ...args: unknown[]) => unknown;

const indexOf: Method = String.prototype.indexOf as Method;

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
  if (!Array.isArray(value)) return 1;
  let size = value.length;
  for (let index = 0; index < value.length; index++) size += sizeOf(value[index]);
  return size;
}

const lengthOf = (value: unknown) => (value as ArrayLike<unknown>).length;

const nothing: Cost = () => 0;
const all: Cost = ({ subject }) => lengthOf(subject);
const given: Cost = ({ argument }) => sizeOf(argument);
const copied: Cost = ({ result }) => sizeOf(result);
const allAndCopied: Cost = ({ subject, result }) => sizeOf(subject) + sizeOf(result);
const givenAndCopied: Cost = ({ argument, result }) => sizeOf(argument) + sizeOf(result);

/** Up to what was found, or to the end. */
const searched: Cost = ({ subject, start = 0, result }) =>
  ((result as number) < 0 ? lengthOf(subject) : (result as number)) - start;

const searchedBackwards: Cost = ({ subject, start = lengthOf(subject), result }) =>
  start - (result as number);

const searchedInText: Cost = (call) =>
  searched({ ...call, result: Reflect.apply(indexOf, call.subject, [call.argument, call.start]) });

const matched: Cost = ({ subject, argument, start = 0, result }) => {
  const match = result as RegExpExecArray | null;
  if (match) return match.index + match[0].length - start;
  return (subject as RegExp).sticky ? 1 : lengthOf(argument) - start;
};

/** Answers a boolean; where the match ended, only some expressions say. */
const tested: Cost = ({ subject, argument, start = 0, result }) => {
  const { global, sticky, lastIndex } = subject as RegExp;
  if (sticky && !result) return 1;
  return (result && (global || sticky) ? lastIndex : lengthOf(argument)) - start;
};

/** What methods cost that do work in proportion to a text, besides reading it. Others of these prototypes: `allAndCopied`. */
const OF_TEXT: Record<PropertyKey, Cost> = {
  at: nothing,
  charAt: nothing,
  charCodeAt: nothing,
  codePointAt: nothing,
  // As `+`: it copies nothing before somebody reads it.
  concat: nothing,
  endsWith: given,
  includes: searchedInText,
  indexOf: searched,
  lastIndexOf: searchedBackwards,
  slice: copied,
  startsWith: given,
  substr: copied,
  substring: copied,
  toString: nothing,
  valueOf: nothing,
};

const OF_ARRAY: Record<PropertyKey, Cost> = {
  concat: copied,
  copyWithin: all,
  fill: all,
  includes: all,
  indexOf: searched,
  join: copied,
  reverse: all,
  set: given,
  shift: all,
  slice: copied,
  sort: all,
  splice: all,
  toString: copied,
  unshift: all,
  values: all,
  [Symbol.iterator]: all,
};

const TypedArray = Object.getPrototypeOf(Uint8Array);

function costsOf(prototype: object): Record<PropertyKey, Cost> {
  const names = Reflect.ownKeys(prototype).filter((name) => name !== 'constructor');
  const methods = names.filter(
    (name) => typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === 'function',
  );
  return Object.fromEntries(methods.map((name) => [name, allAndCopied]));
}

/** The natives that work in proportion to what they get. */
const NATIVES: readonly [owner: object, costs: Record<PropertyKey, Cost>][] = [
  [String.prototype, { ...costsOf(String.prototype), ...OF_TEXT }],
  [String, { fromCharCode: copied, fromCodePoint: copied, raw: copied }],
  [RegExp.prototype, { exec: matched, test: tested }],
  [Array.prototype, OF_ARRAY],
  [Array, { from: copied, of: copied }],
  [TypedArray.prototype, OF_ARRAY],
  [TypedArray, { from: copied, of: copied }],
  [TextDecoder.prototype, { decode: givenAndCopied }],
  [TextEncoder.prototype, { encode: givenAndCopied, encodeInto: given }],
];

/** Engines never keep a shorter text as a tree. */
const SHORT = 13;

/**
 * What reading a text costs: engines keep what was put together as a tree, and copy all of it when somebody reads it
 * for the first time. A text that was not among those read last counts as such a one.
 */
function createReader(): (text: unknown) => number {
  const recent: string[] = [];
  let oldest = 0;
  return (text) => {
    if (typeof text !== 'string' || text.length < SHORT) return 0;
    for (let index = 0; index < recent.length; index++) if (recent[index] === text) return 0;
    recent[oldest++ % 8] = text;
    return text.length;
  };
}

let native = 0;
let most = Number.POSITIVE_INFINITY;
let isCounting = false;
let read: (text: unknown) => number = () => 0;

function startOf(subject: unknown, second: unknown): number | undefined {
  if (subject instanceof RegExp) return subject.global || subject.sticky ? subject.lastIndex : 0;
  return typeof second === 'number' ? second : undefined;
}

function count(method: Method, cost: Cost): Method {
  return function counted(...args) {
    if (!isCounting) return Reflect.apply(method, this, args);
    const start = startOf(this, args[1]);
    const result = Reflect.apply(method, this, args);
    isCounting = false;
    const own = cost({ subject: this, argument: args[0], start, result });
    // A search that begins beyond the end does nothing.
    native += 1 + read(this) + read(args[0]) + Math.max(own, 0);
    if (native > most) throw TOO_MUCH;
    isCounting = true;
    return result;
  };
}

const TOO_MUCH = new Error('Gave up counting');

/** Puts the counting methods in place. Answers how to put the native ones back. */
function intercept(): () => void {
  const undo = NATIVES.flatMap(([owner, costs]) =>
    Reflect.ownKeys(costs).flatMap((name) => {
      const descriptor = Object.getOwnPropertyDescriptor(owner, name);
      if (!descriptor) return [];
      Object.defineProperty(owner, name, {
        ...descriptor,
        value: count(descriptor.value, costs[name] as Cost),
      });
      return () => void Object.defineProperty(owner, name, descriptor);
    }),
  );
  return () => {
    for (let index = 0; index < undo.length; index++) undo[index]?.();
  };
}

const session: Session | undefined = startCoverage();

/** As soon as possible: of code that has run before, V8 does not say which parts of it run. */
function startCoverage(): Session | undefined {
  try {
    const started = new Session();
    started.connect();
    started.post('Profiler.enable');
    started.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    return started;
  } catch {
    return undefined;
  }
}

/** The coverage since it was last taken. */
function takeCoverage(): Profiler.ScriptCoverage[] {
  let scripts: Profiler.ScriptCoverage[] = [];
  session?.post('Profiler.takePreciseCoverage', (error, taken) => {
    if (!error) scripts = taken.result;
  });
  return scripts;
}

/** Whether the code that runs is counted. */
export const countsCode: boolean = takeCoverage().length > 0;

/** How many characters of source ran. Ranges are nested: what an inner one says of its part counts. */
function countCode({ ranges }: Profiler.FunctionCoverage): number {
  const around: Profiler.CoverageRange[] = [];
  let sum = 0;
  for (const range of ranges) {
    while (around.length && (around.at(-1)?.endOffset as number) <= range.startOffset) around.pop();
    sum += (range.endOffset - range.startOffset) * (range.count - (around.at(-1)?.count ?? 0));
    around.push(range);
  }
  return sum;
}

/** Neither the runtime's own code nor this file's. */
const isCounted = ({ url }: Profiler.ScriptCoverage) => url.startsWith('file:') && url !== import.meta.url;

/** The work that a synchronous function does. Gives up at a limit, or a quadratic function might take minutes. */
export function countWork(run: () => void, limit: number = Number.POSITIVE_INFINITY): number {
  native = 0;
  most = limit;
  read = createReader();
  const restore = intercept();
  takeCoverage();
  isCounting = true;
  try {
    run();
  } catch (error) {
    if (error !== TOO_MUCH) throw error;
  } finally {
    isCounting = false;
    restore();
  }
  const functions = takeCoverage()
    .filter(isCounted)
    .flatMap((script) => script.functions);
  return native + functions.reduce((sum, each) => sum + countCode(each), 0);
}

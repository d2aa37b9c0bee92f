import type { Fetch } from './call-fetch.js';

/**
 * On a `fetch` of ours: what it is made of, the outermost first. `Symbol.for()`, because a program may hold the library
 * twice, as modules and as CommonJS.
 */
const PARTS = Symbol.for('eventsource-fetch.parts');

/** What one can be made of. `transport` is what sends as the class does without a `fetch`. */
export type Part = 'resumable' | 'shareAcrossTabs' | 'transport' | 'whileVisible';

const readParts = (fetch: Fetch | undefined): readonly Part[] => Object(fetch)[PARTS] ?? [];

/** Whether a `fetch` is made of this, however deep inside. */
export const isMadeOf = (fetch: Fetch | undefined, part: Part): boolean => readParts(fetch).includes(part);

/**
 * Marks a function as one of ours.
 *
 * @param inner - the `fetch` that it calls.
 */
export const mark = <F extends Fetch>(fetch: F, part: Part, inner?: Fetch): F =>
  Object.defineProperty(fetch, PARTS, { value: [part, ...readParts(inner)] });

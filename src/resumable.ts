/**
 * A `fetch` for an answer that survives lost connections and reloads.
 *
 * @module eventsource-fetch/resumable
 */

export type { AnswerEvent, RecordStorage, ResumableOptions } from './lifecycle/options.js';
export { type Resumable, resumable } from './lifecycle/resumable.js';

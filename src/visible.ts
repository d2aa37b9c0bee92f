/**
 * A `fetch` that lets go of its connection while the page is hidden, and notices one that has slept.
 *
 * @module eventsource-fetch/visible
 */

export { type WhileVisibleOptions, whileVisible } from './lifecycle/while-visible.js';

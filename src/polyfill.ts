/**
 * Imported for its effect: it sets the global `EventSource` where there is none.
 *
 * @module eventsource-fetch/polyfill
 */

import { setGlobal } from './polyfill/set-global.js';

if (!globalThis.EventSource) setGlobal();

/**
 * Imported for its effect: it sets the global `EventSource`, whatever was there.
 *
 * @module eventsource-fetch/polyfill/force
 */

import { setGlobal } from './set-global.js';

setGlobal();

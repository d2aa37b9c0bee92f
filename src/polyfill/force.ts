/**
 * Imported for its effect: it sets the global `EventSource`, whatever was there.
 *
 * @module fetch-eventsource/polyfill/force
 */

import { setGlobal } from './set-global.js';

setGlobal();

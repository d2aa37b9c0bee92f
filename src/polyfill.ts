import { setGlobal } from './polyfill/set-global.js';

if (!globalThis.EventSource) setGlobal();

import { setGlobal } from './set-global.js';

setGlobal();

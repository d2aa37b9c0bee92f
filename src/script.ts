import * as library from './index.js';

// For `<script>`: defines each export as a global.
Object.assign(globalThis, library);

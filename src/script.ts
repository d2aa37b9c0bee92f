import * as library from './index.js';

// What a `<script>` gets: each export as a global, as if the browser had it.
Object.assign(globalThis, library);

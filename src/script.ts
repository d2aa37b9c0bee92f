import { FetchEventSource, FetchEventSourceError } from './index.js';

// For `<script>`: defines them as globals. Not the names that the page's own classes have.
Object.assign(globalThis, { FetchEventSource, FetchEventSourceError });

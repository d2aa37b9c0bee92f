/**
 * One connection for all tabs: a `fetch` for the class, or any other client, that shares its connection with those of
 * other tabs.
 *
 * @module eventsource-fetch/tabs
 */

export { type SharedFetch, type ShareOptions, shareAcrossTabs } from './tabs/share.js';

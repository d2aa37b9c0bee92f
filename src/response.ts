import { ignore } from './callbacks.js';

/** Frees the connection of a response, unless somebody is reading its body. */
export function discard(response: Response | undefined): void {
  response?.body?.cancel?.().catch(ignore);
}

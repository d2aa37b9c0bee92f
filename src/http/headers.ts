import { show } from '../errors/text.js';

/**
 * Request headers as the caller gave them, copied, without those that are undefined or null.
 *
 * @throws TypeError that names the header which no request can carry, but does not show its value as the platform's might.
 */
export function readHeaders(given: unknown = {}): Headers {
  const headers = new Headers();
  let fault = `got a ${typeof given}`;
  try {
    if (typeof given !== 'object') throw fault;
    if (Object(given).then) {
      fault = 'await it, or pass a function';
      throw fault;
    }
    const isList = Symbol.iterator in Object(given);
    for (const pair of isList ? (given as string[][]) : Object.entries<string>(Object(given))) {
      fault = `illegal header ${show(pair[0])}`;
      if (pair.length !== 2) throw fault;
      if (pair[1] != null) headers.append(...(pair as [string, string]));
    }
    return headers;
  } catch {
    throw new TypeError(`headers: ${fault}`);
  }
}

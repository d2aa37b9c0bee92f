import { createDOMException } from '../errors/dom-exception.js';

/**
 * rule 1
 * @throws DOMException `SyntaxError`
 */
export function readUrl(url: string): URL {
  try {
    // rule 51: a worker has no document, Node has neither
    const parsed = new URL(url, globalThis.document?.baseURI ?? globalThis.location);
    // rule 52: Chromium escapes characters that hosts must not contain instead of failing
    if (!/^https?:$/.test(parsed.protocol) || !/%/.test(parsed.hostname)) return parsed;
  } catch {}
  // without the URL, which may hold a password or a token
  const remedy = globalThis.location ? '' : ': without a page it must be absolute';
  throw createDOMException(`Invalid URL${remedy}`, 'SyntaxError');
}

/** In bytes. Servers refuse requests whose head is too large. */
const LONGEST_ID = 8192;

/**
 * Encodes the ID for a query or a header: UTF-8, one character a byte (T13). Returns `undefined` if it is too long or
 * has a byte that no header may hold (T14).
 */
export function encodeLastEventId(lastEventId: string, isInQuery: boolean): string | undefined {
  // Escaping makes it longer still, and takes seconds for hundreds of megabytes.
  if (lastEventId.length > LONGEST_ID) return undefined;
  const escaped = encodeURIComponent(lastEventId);
  const encoded = isInQuery ? escaped : unescape(escaped);
  return encoded.length > LONGEST_ID || !/^[\t\x20-\x7e\x80-\xff]*$/.test(encoded) ? undefined : encoded;
}

/**
 * Overrides a Last-Event-ID header or parameter of the caller's. rule 39: an empty ID is not sent
 *
 * @param param - the name of the parameter; `''` for the header.
 */
export function setLastEventId(url: URL, headers: Headers, lastEventId: string, param: string): void {
  const value = encodeLastEventId(lastEventId, !!param);
  headers.delete('Last-Event-ID');
  if (param) {
    // Pair by pair, because `searchParams` would rewrite the others, which a signature may cover.
    // A question mark that begins a pair is part of the name.
    const isOther = (pair: string) => !new URLSearchParams(`&${pair}`).has(param);
    const pairs = url.search ? url.search.slice(1).split('&').filter(isOther) : [];
    if (value) pairs.push(`${encodeURIComponent(param)}=${value}`);
    // The first question mark is taken for the query's own.
    url.search = pairs.join('&').replace(/^\?/, '??');
  } else if (value) headers.set('Last-Event-ID', value);
}

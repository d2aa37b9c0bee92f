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

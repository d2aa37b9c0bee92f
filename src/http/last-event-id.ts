/** In bytes. Servers refuse requests whose head is too large. */
const LONGEST_ID = 8192;

/**
 * The last event ID as it stands in a query, or as a header's value: UTF-8, one character a byte (T13). `undefined` if it
 * cannot be sent: it is too long, or a header lets some of its bytes through in no request (T14).
 */
export function encodeLastEventId(lastEventId: string, isInQuery: boolean): string | undefined {
  // Escaping only makes it longer, and takes seconds for hundreds of megabytes.
  if (lastEventId.length > LONGEST_ID) return undefined;
  const escaped = encodeURIComponent(lastEventId);
  const encoded = isInQuery ? escaped : unescape(escaped);
  return encoded.length > LONGEST_ID || !/^[\t\x20-\x7e\x80-\xff]*$/.test(encoded) ? undefined : encoded;
}

/** What a stream gave, if that can be interpreted. */
export function toBytes(chunk: Uint8Array): Uint8Array {
  if (chunk?.BYTES_PER_ELEMENT !== 1) throw new TypeError('chunk: got no Uint8Array');
  return chunk;
}

/**
 * The bytes that a reader answered, or `undefined` at the end. Separate function: destructuring inline would keep the
 * chunk alive across the next await.
 */
export function toChunk({ done, value }: ReadableStreamReadResult<Uint8Array>): Uint8Array | undefined {
  return done ? undefined : toBytes(value);
}

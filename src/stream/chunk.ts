import { FetchEventSourceError } from '../errors/error.js';
import { markPermanent } from '../errors/permanent.js';

/** What streams are made of: text, or UTF-8 as bytes in any form. */
export type StreamChunk = string | ArrayBuffer | ArrayBufferView;

/** What is interpreted. */
export type Chunk = string | Uint8Array;

/**
 * What a stream gave, in a form that can be interpreted.
 * @throws FetchEventSourceError `no-body`, which no other attempt can mend.
 */
export function toChunk(value: unknown): Chunk {
  if (typeof value === 'string') return value;
  // By what it has: a buffer may come from another realm.
  const { buffer = value, byteOffset, byteLength } = Object(value);
  if (byteLength >= 0) return new Uint8Array(buffer, byteOffset, byteLength);
  const message = `Expected chunks of bytes or text, got ${typeof value}`;
  throw markPermanent(new FetchEventSourceError('no-body', message));
}

/**
 * The chunk that a reader answered, or `undefined` at the end. Separate function: destructuring inline would keep the
 * chunk alive across the next await.
 */
export function readChunk({ done, value }: { done: boolean; value?: unknown }): Chunk | undefined {
  return done ? undefined : toChunk(value);
}

/** A part of a chunk. Bytes are not copied. */
function slice(chunk: Chunk, start: number, end?: number): Chunk {
  return typeof chunk === 'string' ? chunk.slice(start, end) : chunk.subarray(start, end);
}

/** The beginning of a chunk: the chunk itself if it is no longer than that. */
export function take(chunk: Chunk, length: number): Chunk {
  return chunk.length > length ? slice(chunk, 0, length) : chunk;
}

/** What follows the beginning of a chunk, or `undefined` if nothing does: an empty part would keep the chunk alive. */
export function skip(chunk: Chunk, length: number): Chunk | undefined {
  return chunk.length > length ? slice(chunk, length) : undefined;
}

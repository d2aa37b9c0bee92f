/** In bytes. Larger chunks are decoded at once, because to search one for line ends takes as long as that. */
const SMALL = 256;

/** In bytes: so much waits for the end of its line. */
const JOINED = 1024;

const LF = 10;
const CR = 13;

// T4: the interpreter drops the byte order mark. Node 24 drops a second one if the first came in parts, and Deno drops any
// that follows an empty chunk.
const createDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true });

/** For texts that begin and end with whole characters, of any stream. */
let wholeDecoder: TextDecoder | undefined;

/** Where the line begins that the bytes leave unfinished. */
function findRest(bytes: Uint8Array): number {
  let rest = bytes.length;
  while (rest && bytes[rest - 1] !== LF && bytes[rest - 1] !== CR) rest--;
  return rest;
}

/**
 * Bytes → text, for one stream. Small chunks are joined and decoded line by line: each call of a decoder takes as long as
 * a hundred bytes, and text is of no use before its line has an end.
 */
export class Utf8Decoder {
  /** For texts that do not begin and end with whole characters. */
  #decoder: TextDecoder | undefined;
  /** Whether the last text was ASCII, and so nothing of it is left in a decoder. */
  #isAscii = true;
  #joined: Uint8Array | undefined;
  /** How many bytes wait in `#joined`. */
  #waiting = 0;

  /** The next text, up to the last line end, at least. */
  decode(bytes: Uint8Array): string {
    const { length } = bytes;
    const waiting = this.#waiting;
    // T5: nothing may be forgotten over an empty chunk
    if (!length) return '';
    if (length > SMALL || waiting + length > JOINED) return this.#flush() + this.#decodeNow(bytes);
    const rest = findRest(bytes);
    if (!waiting && rest === length) return this.#decodeNow(bytes);
    this.#joined ??= new Uint8Array(JOINED);
    this.#joined.set(bytes, waiting);
    this.#waiting += length;
    if (!rest) return '';
    const text = this.#flush(waiting + rest);
    this.#joined.copyWithin(0, waiting + rest, waiting + length);
    this.#waiting = length - rest;
    return text;
  }

  #flush(size = this.#waiting): string {
    this.#waiting = 0;
    return size ? this.#decodeNow((this.#joined as Uint8Array).subarray(0, size)) : '';
  }

  /** The text that is left when nothing follows. */
  end(): string {
    return this.#flush() + (this.#decoder?.decode() ?? '');
  }

  #decodeNow(bytes: Uint8Array): string {
    const { length } = bytes;
    const isCut = (bytes[length - 1] as number) > 127;
    // Told that nothing follows, Node decodes ASCII up to three times as fast, Node 20 eleven times, but other text at a
    // third of the speed.
    const stream = isCut || !this.#isAscii;
    // biome-ignore lint/suspicious/noAssignInExpressions: each is made when it is needed
    const decoder = stream ? (this.#decoder ??= createDecoder()) : (wholeDecoder ??= createDecoder());
    const text = decoder.decode(bytes, { stream });
    this.#isAscii = !isCut && text.length === length;
    return text;
  }
}

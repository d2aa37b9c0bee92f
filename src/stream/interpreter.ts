import { FetchEventSourceError } from '../errors/error.js';

/** What outlives a stream: the next one goes on from it. */
export interface StreamState {
  /** The last event ID string, as of the event last handed over; `undefined` until there is one. */
  lastEventId: string | undefined;
  /** In milliseconds: what the last valid `retry` field said, or what the caller began with. */
  reconnectionTime: number;
}

/** What the interpreter calls. The state is true as of each call. */
export interface StreamHandlers {
  /** Gets an event, its `data` lines joined by newlines. Answers whether to go on. */
  onEvent(type: string, data: string): boolean;
  /** Gets a comment line without its colon. Answers whether to go on. */
  onComment(comment: string): boolean;
  /** Gets the reconnection time that a `retry` field has set, in milliseconds. */
  onRetry(reconnectionTime: number): void;
}

export interface StreamOptions {
  /** The most bytes that the lines of an event may have, other lines between them left out. */
  readonly maxEventSize: number;
  /** Whether anybody reads comments. Otherwise even an endless one takes no memory, and `onComment` is not called. */
  readonly wantsComments: boolean;
}

/** In bytes: what `maxEventSize` is if nobody says otherwise. */
export const MAX_EVENT_SIZE: number = 2 ** 27;

/** In bytes: a larger event, with the chunk that makes it so, might not fit into a string of V8. */
const LONGEST_TEXT = 2 ** 29 - 2 ** 24;

const LF = 10;
const CR = 13;
const COLON = 58;
const SPACE = 32;
const D = 100;
const E = 101;

/** Where to go on when nobody wants to: beyond the end of any text. */
const STOP = 2 ** 30;

/** So many bytes that come one by one are decoded together. */
const MANY = 256;

/** Data of fewer characters is copied, with its type, because whoever keeps it would keep a text of many times its size. */
const SHORT = 64;

/** Up to so many characters, engines copy in place of referring to a part of another text. */
const COPIED = 12;

/** Unfinished lines and data of at least so many characters get attention, so that they take no more memory than they must. */
const LONG = 4096;

// T4: it leaves the byte order mark to us. Node 24 drops a second one if the first came in parts, and Deno drops any that
// follows an empty chunk.
const createDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true });

/** For texts that begin and end with whole characters, of any stream. */
let wholeDecoder: TextDecoder | undefined;

/** A string of its own: a slice would keep the whole text in memory that it is from, and a sum all its parts. */
function copy(text: string): string {
  if (text.length <= COPIED) return text;
  return text.length <= 2 * COPIED ? text.slice(0, COPIED) + text.slice(COPIED) : ` ${text}`.slice(1);
}

/** Where the character comes next, or the length of the text. */
function find(character: string, text: string, start: number): number {
  const position = text.indexOf(character, start);
  return position < 0 ? text.length : position;
}

/** The length of the field's name that a line begins with, or 0 if it begins with no known one. */
function matchName(line: string, start: number): number {
  const letter = line.charCodeAt(start);
  // Those that are frequent by their characters: that is faster.
  if (letter === D) {
    const isKnown =
      line.charCodeAt(start + 1) === 97 &&
      line.charCodeAt(start + 2) === 116 &&
      line.charCodeAt(start + 3) === 97;
    return isKnown ? 4 : 0;
  }
  if (letter === 105) return line.charCodeAt(start + 1) === D ? 2 : 0;
  const isKnown =
    letter === E
      ? line.charCodeAt(start + 1) === 118 &&
        line.charCodeAt(start + 2) === E &&
        line.charCodeAt(start + 3) === 110 &&
        line.charCodeAt(start + 4) === 116
      : letter === 114 && line.startsWith('retry', start);
  return isKnown ? 5 : 0;
}

/** Whether a line that begins with a D begins with `data:`. */
function isData(text: string, bytes: Uint8Array | undefined, start: number): boolean {
  // From the bytes, if each is a character: engines take twice as long to read one of a text.
  return bytes
    ? bytes[start + 1] === 97 &&
        bytes[start + 2] === 116 &&
        bytes[start + 3] === 97 &&
        bytes[start + 4] === COLON
    : matchName(text, start) === 4 && text.charCodeAt(start + 4) === COLON;
}

/** How many of the last bytes are but the beginning of a character. */
function countCut(bytes: Uint8Array): number {
  let length = 1;
  while (length < 4 && (bytes[bytes.length - length] as number) >> 6 === 2) length++;
  const first = bytes[bytes.length - length] as number;
  // A first byte begins with as many ones as its character has bytes.
  return length < Math.clz32(~(first << 24)) ? length : 0;
}

function join(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  const joined = new Uint8Array(before.length + bytes.length);
  joined.set(before);
  joined.set(bytes, before.length);
  return joined;
}

/**
 * Interprets one event stream.
 *
 * It takes time proportional to the input, however that is cut: only new text is searched for the end of a line, and
 * what is unfinished is a string that grows at its end, which engines keep as a tree until somebody reads it.
 *
 * Its speed is the library's, hence: native searches from line to line and not a step for each character; positions in
 * the text and not a string for each line; calls, since a generator takes longer to resume than a short event to read;
 * and what is frequent in methods apart from what is not, for engines inline only so much.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStreamInterpreter {
  readonly #state: StreamState;
  readonly #handlers: StreamHandlers;
  readonly #maxEventSize: number;
  readonly #wantsComments: boolean;
  /** Whether the stream has had an event, a comment, an `id` or a `retry`. */
  hasDelivered = false;
  /** What came byte by byte since, no ends of lines, and how much of that: to decode each takes longer than all else. */
  #single: Uint8Array | undefined;
  #waiting = 0;
  /** For the texts of this stream that do not begin and end with whole characters. */
  #splitDecoder: TextDecoder | undefined;
  /** In bytes: a text that is not ASCII, and what came behind it of a character that is not whole yet. */
  #textSize = 0;
  #cut = 0;
  /** Or else each byte became one replacement character, which comes to the same. */
  #isAscii = true;
  /** The character that the next text may begin with that is no part of a line: rule 12, and then rule 13. */
  #prefix = 0xfeff;
  /** From where on the text is not part of the sizes yet. */
  #counted = 0;
  #partialLine = '';
  #isComment = false;
  // rule 14. An empty data buffer is `undefined`, for '' is one that holds an empty line.
  #data: string | undefined;
  /** What comes before `#data`, where that has become long. */
  #earlierData = '';
  #type = '';
  // T6: `undefined` until there is an `id` field, so that the ID of the stream before stays
  #id: string | undefined;
  /** In bytes: the unfinished event, and what it was before the unfinished line, which may turn out to be no part of it. */
  #size = 0;
  #sizeBefore = 0;

  constructor(state: StreamState, handlers: StreamHandlers, options: StreamOptions) {
    this.#state = state;
    this.#handlers = handlers;
    this.#maxEventSize = Math.min(options.maxEventSize, LONGEST_TEXT);
    this.#wantsComments = options.wantsComments;
  }

  /**
   * Takes the next bytes and hands over what they complete.
   * @throws FetchEventSourceError `event-too-large`
   */
  interpret(chunk: Uint8Array): void {
    const bytes = chunk.length === 1 || this.#waiting ? this.#gather(chunk) : chunk;
    if (!bytes) return;
    const text = this.#decode(bytes);
    const { length } = text;
    // T5: nothing may be forgotten over an empty piece
    if (!length) return;
    // rule 13: a CR ends its line now, and an LF that the next text begins with belongs to it
    const start = text.charCodeAt(0) === this.#prefix ? 1 : 0;
    this.#prefix = text.charCodeAt(length - 1) === CR ? LF : -1;
    this.#counted = start;
    const rest = this.#takeLines(text, this.#isAscii ? bytes : undefined, start);
    // Else all of it was of events that have been handed over, or nobody wants more.
    if (rest <= length && (this.#counted < length || this.#size)) this.#keep(text, rest);
  }

  /** The bytes to decode, if there is a reason to do that now. */
  #gather(chunk: Uint8Array): Uint8Array | undefined {
    const waiting = this.#waiting;
    const first = chunk[0] as number;
    const size = this.#size + waiting;
    if (chunk.length === 1 && first > CR && waiting < MANY && size < this.#maxEventSize) {
      this.#single ??= new Uint8Array(MANY);
      this.#single[this.#waiting++] = first;
      return undefined;
    }
    this.#waiting = 0;
    return waiting ? join((this.#single as Uint8Array).subarray(0, waiting), chunk) : chunk;
  }

  /** The text that the bytes complete. */
  #decode(bytes: Uint8Array): string {
    const { length } = bytes;
    // Told that nothing follows, Node decodes ASCII in a seventh of the time, but other text in twice the time. So that
    // is for text that ends with a whole character and follows ASCII.
    const isSplit = !this.#isAscii || (bytes[length - 1] as number) > 127;
    // biome-ignore lint/suspicious/noAssignInExpressions: each is made when it is needed
    const decoder = isSplit ? (this.#splitDecoder ??= createDecoder()) : (wholeDecoder ??= createDecoder());
    const text = decoder.decode(bytes, { stream: isSplit });
    this.#isAscii = !this.#cut && text.length === length;
    if (!this.#isAscii) {
      this.#textSize = this.#cut + length;
      this.#cut = text ? countCut(bytes) : this.#textSize;
      this.#textSize -= this.#cut;
    }
    return text;
  }

  /** Takes the lines that have an end. Answers where the rest is, or `STOP`. */
  #takeLines(text: string, bytes: Uint8Array | undefined, start: number): number {
    const { length } = text;
    let isNew = !this.#partialLine;
    let position = start;
    let nextLF = -1;
    let nextCR = -1;
    while (position < length) {
      const from = position;
      const letter = text.charCodeAt(from);
      let end = from;
      if (letter !== LF) {
        if (nextLF < from) nextLF = find('\n', text, from);
        if (nextCR < from) nextCR = find('\r', text, from);
        end = nextLF < nextCR ? nextLF : nextCR;
        if (end === length) break;
      }
      position = end + 1;
      if (end === nextCR && position < length && text.charCodeAt(position) === LF) position++;
      if (!isNew) position = this.#completeLine(text, from, end, position);
      else if (letter === D && isData(text, bytes, from)) {
        position = this.#takeData(text, from + 5, end, position);
      } else position = this.#takeLine(text, from, end, position);
      isNew = true;
    }
    return position;
  }

  /** Takes a `data` line, and the empty one behind it, if that is there already. Answers where to go on. */
  #takeData(text: string, start: number, end: number, next: number): number {
    const value = text.slice(text.charCodeAt(start) === SPACE ? start + 1 : start, end);
    const isWhole = this.#data === undefined && next < text.length && text.charCodeAt(next) === LF;
    if (!isWhole) {
      this.#addData(value);
      return next;
    }
    this.#endSize(text, next, next + 1);
    const goesOn =
      this.#type || this.#id !== undefined ? this.#dispatch(value) : this.#handOver('message', value);
    return goesOn ? next + 1 : STOP;
  }

  /** Takes any line. Answers where to go on. */
  #takeLine(text: string, start: number, end: number, next: number): number {
    if (start === end) {
      this.#endSize(text, end, next);
      return this.#dispatch(this.#data) ? next : STOP;
    }
    if (text.charCodeAt(start) !== COLON && this.#takeField(text, start, end)) return next;
    const size = this.#size + this.#measure(text, this.#counted, start);
    return this.#takeOther(text, start, end, next, size);
  }

  /** Takes a line that began in a text before. Answers where to go on. */
  #completeLine(text: string, start: number, end: number, next: number): number {
    // With its end: a string that is once read beyond its end is read slowly from then on.
    const line = this.#partialLine + text.slice(start, end + 1);
    const length = line.length - 1;
    this.#partialLine = '';
    return this.#takeField(line, 0, length) ? next : this.#takeOther(line, 0, length, next, this.#sizeBefore);
  }

  /** Takes a line without a known field, which is no part of the event: that has the size that is given. */
  #takeOther(line: string, start: number, end: number, next: number, size: number): number {
    this.#size = size;
    this.#counted = next;
    if (line.charCodeAt(start) !== COLON) return next;
    this.hasDelivered = true;
    return !this.#wantsComments || this.#handlers.onComment(line.slice(start + 1, end)) ? next : STOP;
  }

  /** rules 17 to 23. Answers whether the line, which is not empty, has a known field. */
  #takeField(line: string, start: number, end: number): boolean {
    const length = matchName(line, start);
    let from = start + length;
    if (!length || (from < end && line.charCodeAt(from++) !== COLON)) return false;
    if (line.charCodeAt(from) === SPACE) from++;
    const value = line.slice(from, end);
    if (length === 4) {
      this.#addData(value);
    } else if (line.charCodeAt(start) === E) {
      this.#type = value;
    } else this.#takeRareField(length, value);
    return true;
  }

  #addData(value: string): void {
    // rule 26 would take the LF after the last line away again
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
  }

  #takeRareField(length: number, value: string): void {
    this.hasDelivered = true;
    if (length === 2) {
      if (!value.includes('\0')) this.#id = copy(value);
    } else if (value) {
      let time = 0;
      for (let index = 0; index < value.length; index++) {
        const digit = value.charCodeAt(index) - 48;
        if (digit < 0 || digit > 9) return;
        time = time * 10 + digit;
      }
      this.#state.reconnectionTime = time;
      this.#handlers.onRetry(time);
    }
  }

  /** rules 24 to 28. Answers whether to go on. */
  #dispatch(data: string | undefined): boolean {
    const type = this.#type || 'message';
    const before = this.#earlierData;
    this.#type = this.#earlierData = '';
    this.#data = undefined;
    // rule 24: even when there is nothing to dispatch
    if (this.#id !== undefined) this.#state.lastEventId = this.#id;
    // rule 25
    return data === undefined || this.#handOver(type, before + data);
  }

  /** rules 26 to 28. Answers whether to go on. */
  #handOver(type: string, data: string): boolean {
    this.hasDelivered = true;
    const isShort = data.length < SHORT;
    return this.#handlers.onEvent(isShort ? copy(type) : type, isShort ? copy(data) : data);
  }

  /** Checks the size of the event that ends, and begins the next one's. */
  #endSize(text: string, end: number, next: number): void {
    // No character had more than three bytes.
    if (this.#size + 3 * (end - this.#counted) > this.#maxEventSize) {
      this.#limit(this.#size + this.#measure(text, this.#counted, end));
    }
    this.#size = 0;
    this.#counted = next;
  }

  /** How many bytes a part of the text had. */
  #measure(text: string, start: number, end: number): number {
    if (this.#isAscii) return end - start;
    let bytes = 0;
    for (let position = start; position < end; position++) {
      const code = text.charCodeAt(position);
      // Sums, for processors guess badly at branches here. A pair of surrogates stands for four.
      bytes += 1 + +(code > 0x7f) + +(code > 0x7ff) - +(code >> 11 === 0x1b);
    }
    return bytes;
  }

  #limit(bytes: number): void {
    if (bytes > this.#maxEventSize)
      throw new FetchEventSourceError('event-too-large', 'Event larger than maxEventSize');
  }

  /** Keeps what the text has of an unfinished event, and of an unfinished line, from `start` on. */
  #keep(text: string, start: number): void {
    const { length } = text;
    const wasShort = this.#partialLine.length < LONG;
    this.#size += this.#measure(text, this.#counted, start);
    if (!this.#partialLine) {
      this.#sizeBefore = this.#size;
      // No index beyond the end: engines leave their optimized code for that, each time.
      this.#isComment = start < length && text.charCodeAt(start) === COLON;
    }
    this.#size += start || this.#isAscii ? this.#measure(text, start, length) : this.#textSize;
    this.#partialLine += text.slice(start);
    const data = this.#data;
    if (data !== undefined && data.length >= LONG) {
      this.#earlierData += copy(data);
      this.#data = '';
    }
    if ((wasShort && this.#partialLine.length >= LONG) || this.#largest() > this.#maxEventSize)
      this.#shorten();
  }

  /** In bytes, what is limited: an event, or a comment, which is none of the lines of the event that it interrupts. */
  #largest(): number {
    return this.#isComment ? this.#size - this.#sizeBefore : this.#size;
  }

  /** Forgets of the unfinished line what nobody needs. */
  #shorten(): void {
    const line = this.#partialLine;
    const from = matchName(line, 0);
    const isField = from > 0 && line.charCodeAt(from) === COLON;
    // Of a comment that nobody reads, or a line with no known field, the beginning will do.
    if (this.#isComment ? !this.#wantsComments : !isField && line.length > 5) {
      this.#partialLine = line.slice(0, 6);
      this.#size = this.#sizeBefore;
    }
    // One of up to five characters may get a known field yet.
    this.#limit(isField || this.#isComment ? this.#largest() : this.#sizeBefore);
  }
}

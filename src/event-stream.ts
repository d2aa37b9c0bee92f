import { FetchEventSourceError } from './errors.js';

/** What a source knows from its streams. It outlives each of them. */
export interface StreamState {
  /** The last event ID string, as of the event last handed over; `undefined` until there is one. */
  lastEventId?: string | undefined;
  /** In milliseconds: what the last valid `retry` field said, or what the caller began with. */
  reconnectionTime: number;
  /** In milliseconds, once a server has set the reconnection time: `retry: 0` must not become a hot loop. */
  leastWait?: number;
  /** Whether the current stream had an event, a comment, an `id` or a `retry`. */
  hasDelivered?: boolean;
  /** The most bytes that the lines of an event may have, other lines between them left out. */
  readonly maxEventSize: number;
  /** Whether anybody reads comments. Otherwise even an endless one takes no memory. */
  readonly wantsComments?: boolean;
}

/**
 * Gets an event, its `data` lines joined by newlines, or a comment line, which has the type `''`; the state is true as
 * of it. Answers whether to go on.
 */
export type Take = (type: string, data: string) => boolean;

/** In bytes: what `maxEventSize` is if nobody says otherwise. */
export const MAX_EVENT_SIZE: number = 2 ** 27;

const LF = 10;
const CR = 13;
const COLON = 58;
const SPACE = 32;

/** So many bytes that come one by one are decoded together. */
const MANY = 256;

/** Data of fewer characters is copied, with its type, lest whoever keeps it keeps a text of many times its size. */
const SHORT = 64;

/** So many characters engines copy themselves. */
const COPIED = 12;

/** Unfinished lines and data of at least so many characters get attention, lest they take more memory than they must. */
const LONG = 4096;

// T4: it leaves the byte order mark to us. Node 24 drops a second one if the first came in parts, and Deno drops any that
// follows an empty chunk.
const createDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true });

/** For texts that begin and end with whole characters, of any stream. */
let wholeDecoder: TextDecoder | undefined;

/** A string of its own: a slice would keep the whole text in memory that it is from, and a sum all its parts. */
const copy = (text: string): string => (text.length > COPIED ? ` ${text}`.slice(1) : text);

/** Where the character comes next, or the length of the text. */
function find(character: string, text: string, start: number): number {
  const position = text.indexOf(character, start);
  return position < 0 ? text.length : position;
}

/** The length of the field's name that a line begins with, or 0 if it begins with no known one. */
function matchName(line: string, start: number): number {
  const letter = line.charCodeAt(start);
  // `data` and `id` by their characters: that is faster, and they are the most frequent.
  if (letter === 100) {
    const isData =
      line.charCodeAt(start + 1) === 97 &&
      line.charCodeAt(start + 2) === 116 &&
      line.charCodeAt(start + 3) === 97;
    return isData ? 4 : 0;
  }
  if (letter === 105) return line.charCodeAt(start + 1) === 100 ? 2 : 0;
  return line.startsWith('event', start) || line.startsWith('retry', start) ? 5 : 0;
}

/** How many bytes a part of the text had. */
function measure(text: string, start: number, end: number, isAscii: boolean): number {
  if (isAscii) return end - start;
  let bytes = 0;
  for (let position = start; position < end; position++) {
    const code = text.charCodeAt(position);
    // Sums, for processors guess badly at branches here. A pair of surrogates stands for four.
    bytes += 1 + +(code > 0x7f) + +(code > 0x7ff) - +(code >> 11 === 0x1b);
  }
  return bytes;
}

function limit(bytes: number, maxEventSize: number): void {
  if (bytes > maxEventSize)
    throw new FetchEventSourceError('event-too-large', 'Event larger than maxEventSize');
}

function join(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  const joined = new Uint8Array(before.length + bytes.length);
  joined.set(before);
  joined.set(bytes, before.length);
  return joined;
}

/**
 * Interprets one event stream. The function that it returns takes the next bytes and hands over what they complete.
 *
 * It takes time proportional to the input, however that is cut: only new text is searched for the end of a line, and
 * what is unfinished is a string that grows at its end, which engines keep as a tree until somebody reads it.
 *
 * Its speed is the library's, hence: native searches from line to line and not a step for each character; positions in
 * the text and not a string for each line; calls, since a generator takes longer to resume than a short event to read.
 *
 * @throws FetchEventSourceError `event-too-large`
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function interpretEventStream(state: StreamState, take: Take): (bytes: Uint8Array) => void {
  const { maxEventSize } = state;
  /** For the texts of this stream that do not. */
  let splitDecoder: TextDecoder | undefined;
  let isAscii = true;
  /** The byte that came last. */
  let last = 0;
  /** The character that the next text may begin with that is no part of a line: rule 12, and then rule 13. */
  let prefix = 0xfeff;
  let partialLine = '';
  // rule 14. An empty data buffer is `undefined`, for '' is one that holds an empty line.
  let data: string | undefined;
  /** What comes before `data`, where that has become long. */
  let earlierData = '';
  let type = '';
  // T6: `undefined` until there is an `id` field, so that the ID of the stream before stays
  let id: string | undefined;
  /** In bytes: the unfinished event, and the unfinished line, which may turn out to be none of its own. */
  let size = 0;
  let partialSize = 0;
  let isComment = false;
  /** What came byte by byte since, no ends of lines, and how much of that: to decode each takes longer than all else. */
  let single: Uint8Array | undefined;
  let waiting = 0;

  /** rules 26 to 28. Answers whether to go on. */
  function handOver(eventType: string, eventData: string): boolean {
    state.hasDelivered = true;
    const isShort = eventData.length < SHORT;
    return take(isShort ? copy(eventType) : eventType, isShort ? copy(eventData) : eventData);
  }

  /** rules 24 to 28. Answers whether to go on. */
  function dispatch(eventData: string | undefined): boolean {
    const eventType = type || 'message';
    const before = earlierData;
    type = earlierData = '';
    data = undefined;
    // rule 24: even when there is nothing to dispatch
    if (id !== undefined) state.lastEventId = id;
    // rule 25
    return eventData === undefined || handOver(eventType, before + eventData);
  }

  /** rules 17 to 23. Answers whether the line, which is neither empty nor a comment, has a known field. */
  function processField(line: string, start: number, end: number): boolean {
    const length = matchName(line, start);
    let from = start + length;
    if (!length || (from < end && line.charCodeAt(from++) !== COLON)) return false;
    if (line.charCodeAt(from) === SPACE) from++;
    const value = line.slice(from, end);
    if (length === 4) {
      // rule 26 would take the LF after the last line away again
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (line.charCodeAt(start) === 101) {
      type = value;
    } else {
      state.hasDelivered = true;
      if (length === 2) {
        if (!value.includes('\0')) id = copy(value);
      } else if (/^\d+$/.test(value)) {
        state.reconnectionTime = +value;
        state.leastWait = 100;
      }
    }
    return true;
  }

  /** The text that the next bytes complete. */
  function decode(chunk: Uint8Array): string {
    const first = chunk[0] as number;
    if (chunk.length === 1 && first > CR && waiting < MANY && size + partialSize + waiting < maxEventSize) {
      single ??= new Uint8Array(MANY);
      single[waiting++] = first;
      return '';
    }
    const bytes = single && waiting ? join(single.subarray(0, waiting), chunk) : chunk;
    const isWhole = last < 128;
    last = bytes[bytes.length - 1] as number;
    // Told that nothing follows, Node decodes ASCII in a seventh of the time, but other text in twice the time. So that
    // is for text that ends with a whole character and follows ASCII.
    const isSplit = !isAscii || last > 127;
    // biome-ignore lint/suspicious/noAssignInExpressions: each is made when it is needed
    const decoder = isSplit ? (splitDecoder ??= createDecoder()) : (wholeDecoder ??= createDecoder());
    const text = decoder.decode(bytes, { stream: isSplit });
    isAscii = isWhole && text.length === bytes.length;
    waiting = 0;
    return text;
  }

  /** Keeps what the text has of an unfinished event, from `counted` on, and of an unfinished line, from `start` on. */
  function keep(text: string, counted: number, start: number): void {
    const { length } = text;
    size += measure(text, counted, start, isAscii);
    const wasShort = partialLine.length < LONG;
    // No index beyond the end: engines leave their optimized code for that, each time.
    if (!partialLine) isComment = text.startsWith(':', start);
    partialLine += text.slice(start);
    partialSize += measure(text, start, length, isAscii);
    if (data !== undefined && data.length >= LONG) {
      earlierData += copy(data);
      data = '';
    }
    if ((wasShort && partialLine.length >= LONG) || size + partialSize > maxEventSize) {
      // Of a line with no known field, or a comment that nobody reads, the beginning will do.
      const from = matchName(partialLine, 0);
      if (partialLine.charCodeAt(from) !== COLON || !(from || state.wantsComments)) {
        partialLine = partialLine.slice(0, 6);
        partialSize = 0;
      }
      // A comment between the lines of an event is none of them.
      limit(isComment ? Math.max(size, partialSize) : size + partialSize, maxEventSize);
    }
  }

  return (chunk) => {
    const text = decode(chunk);
    const { length } = text;
    // T5: nothing may be forgotten over an empty piece
    if (!length) return;
    // rule 13: a CR ends its line now, and an LF that the next text begins with belongs to it
    let position = text.charCodeAt(0) === prefix ? 1 : 0;
    prefix = text.charCodeAt(length - 1) === CR ? LF : -1;
    // From where on the sizes do not count yet.
    let counted = position;
    let nextLF = -1;
    let nextCR = -1;
    while (position < length) {
      let line = text;
      let start = position;
      let end = start;
      if (text.charCodeAt(start) !== LF) {
        if (nextLF < start) nextLF = find('\n', text, start);
        if (nextCR < start) nextCR = find('\r', text, start);
        end = nextLF < nextCR ? nextLF : nextCR;
        if (end === length) break;
      }
      position = end + 1;
      if (end === nextCR && position < length && text.charCodeAt(position) === LF) position++;
      const lineStart = start;
      let eventData = data;
      if (partialLine) {
        // With its end: a string that is once read beyond its end is read slowly from then on.
        line = partialLine + text.slice(start, end + 1);
        partialLine = '';
        start = 0;
        end = line.length - 1;
      } else if (
        text.charCodeAt(start) === 100 &&
        position < length &&
        text.charCodeAt(position) === LF &&
        eventData === undefined &&
        matchName(text, start) === 4 &&
        text.charCodeAt(start + 4) === COLON
      ) {
        // The most frequent event: one line of data and, in the same step, the empty one right behind it.
        eventData = text.slice(text.charCodeAt(start + 5) === SPACE ? start + 6 : start + 5, end);
        start = end = position++;
        if (!type && id === undefined && size + 3 * (end - counted) <= maxEventSize) {
          // Nothing to dispatch but that, and nothing to forget but the size.
          size = 0;
          counted = position;
          if (!handOver('message', eventData)) return;
          continue;
        }
      }
      if (start === end) {
        // No character had more than three bytes.
        if (size + 3 * (end - counted) > maxEventSize) {
          limit(size + measure(text, counted, end, isAscii), maxEventSize);
        }
        size = 0;
        counted = position;
        if (!dispatch(eventData)) return;
      } else if (line.charCodeAt(start) !== COLON && processField(line, start, end)) {
        size += partialSize;
        partialSize = 0;
      } else {
        size += measure(text, counted, lineStart, isAscii);
        partialSize = 0;
        counted = position;
        if (line.charCodeAt(start) === COLON) {
          state.hasDelivered = true;
          if (!take('', line.slice(start + 1, end))) return;
        }
      }
    }
    // Else all of it was of events that have been handed over.
    if (counted < length || size) keep(text, counted, position);
  };
}

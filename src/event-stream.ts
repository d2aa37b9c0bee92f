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

const LF = 10;
const COLON = 58;
const SPACE = 32;

const LONG = 4096;

/** A string of its own: a slice would keep the whole text in memory that it is from, and a sum all its parts. */
const copy = (text: string): string => ` ${text}`.slice(1);

const tooLarge = () => new FetchEventSourceError('event-too-large', 'Event over maxEventSize');

/** Where the character comes next, or the length of the text. */
function find(character: string, text: string, start: number): number {
  const position = text.indexOf(character, start);
  return position < 0 ? text.length : position;
}

/** The length of the known field's name that a line begins with, or 0. */
function matchField(line: string, start: number): number {
  const letter = line.charCodeAt(start);
  // Letter by letter, for speed: most lines are these.
  if (letter === 100)
    return line.charCodeAt(start + 1) === 97 &&
      line.charCodeAt(start + 2) === 116 &&
      line.charCodeAt(start + 3) === 97
      ? 4
      : 0;
  if (letter === 105) return line.charCodeAt(start + 1) === 100 ? 2 : 0;
  return line.startsWith('event', start) || line.startsWith('retry', start) ? 5 : 0;
}

export function interpretEventStream(state: StreamState, take: Take): (bytes: Uint8Array) => void {
  const { maxEventSize } = state;
  const splitDecoder = new TextDecoder();
  const wholeDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let isAscii = false;
  let endsInCR = false;
  let partialLine = '';
  // rule 14. An empty data buffer is `undefined`, for '' is one that holds an empty line.
  let data: string | undefined;
  let earlierData = '';
  let type = '';
  let id: string | undefined;
  let size = 0;
  state.hasDelivered = false;

  /** rules 24 to 28 */
  function dispatch(): boolean {
    const eventType = type || 'message';
    const eventData = data;
    const before = earlierData;
    type = earlierData = '';
    data = undefined;
    if (id !== undefined) state.lastEventId = id;
    if (eventData === undefined) return true;
    state.hasDelivered = true;
    return take(eventType, before ? before + eventData : eventData);
  }

  /** rules 17 to 23, for a line that is no comment; answers whether it is of a known field */
  function processField(line: string, start: number, end: number): boolean {
    const length = matchField(line, start);
    let from = start + length;
    if (!length || (from < end && line.charCodeAt(from++) !== COLON)) return false;
    if (line.charCodeAt(from) === SPACE) from++;
    const value = line.slice(from, end);
    if (length === 4) {
      // rule 26 would take the LF after the last line away again
      data = data === undefined ? value : `${data}\n${value}`;
      return true;
    }
    if (line.charCodeAt(start) === 101) {
      type = value;
      return true;
    }
    state.hasDelivered = true;
    if (length === 2) {
      if (!value.includes('\0')) id = copy(value);
    } else if (/^\d+$/.test(value)) {
      state.reconnectionTime = +value;
      state.leastWait = 100;
    }
    return true;
  }

  return (bytes) => {
    const last = bytes[bytes.length - 1] as number;
    if (isAscii && bytes.length === 1 && last > 13 && partialLine.length < LONG && last < 128) {
      partialLine += String.fromCharCode(last);
      size++;
      endsInCR = false;
      return;
    }
    const isSplit = !isAscii || last > 127;
    const text = (isSplit ? splitDecoder : wholeDecoder).decode(bytes, { stream: isSplit });
    const { length } = text;
    isAscii = last < 128 && length === bytes.length;
    // T5: nothing may be forgotten over an empty piece
    if (!length) return;
    const weight = isAscii ? 1 : bytes.length / length;
    // rule 13: a CR ends its line now, and an LF that the next text begins with belongs to it
    let position = endsInCR && text[0] === '\n' ? 1 : 0;
    let counted = position;
    endsInCR = text.endsWith('\r');
    let earlier = size;
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
      if (end === nextCR && text[position] === '\n') position++;
      if (partialLine) {
        // With the end of the line: to read beyond the end of a string is slow, and makes all later reads slow.
        line = partialLine + text.slice(start, end + 1);
        partialLine = '';
        start = 0;
        end = line.length - 1;
      }
      if (start === end) {
        if (earlier + (end - counted) * weight > maxEventSize) throw tooLarge();
        earlier = 0;
        counted = position;
        if (!dispatch()) return;
      } else if (line.charCodeAt(start) === COLON) {
        counted += end - start + 1;
        state.hasDelivered = true;
        if (!take('', line.slice(start + 1, end))) return;
      } else if (!processField(line, start, end)) counted += end - start + 1;
    }
    if (data !== undefined && data.length > LONG) {
      earlierData += copy(data);
      data = '';
    }
    const wasShort = partialLine.length < LONG;
    partialLine += text.slice(position);
    size = earlier + Math.ceil((length - counted) * weight);
    if ((wasShort && partialLine.length >= LONG) || size > maxEventSize) {
      const from = matchField(partialLine, 0);
      if (partialLine.charCodeAt(from) !== COLON || !(from || state.wantsComments)) {
        size -= Math.floor(partialLine.length * weight);
        partialLine = partialLine.slice(0, 6);
      }
      if (size > maxEventSize) throw tooLarge();
    }
  };
}

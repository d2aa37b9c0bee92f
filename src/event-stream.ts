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

export function interpretEventStream(state: StreamState, take: Take): (bytes: Uint8Array) => void {
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

  function limit(bytes: number): void {
    if (bytes > state.maxEventSize)
      throw new FetchEventSourceError(
        'event-too-large',
        `Event over maxEventSize (${state.maxEventSize} bytes)`,
      );
  }

  /** rules 24 to 28 */
  function dispatch(): boolean {
    const eventType = type || 'message';
    const eventData = earlierData && data !== undefined ? earlierData + data : data;
    type = earlierData = '';
    data = undefined;
    size = 0;
    state.lastEventId = id ?? state.lastEventId;
    if (eventData === undefined) return true;
    state.hasDelivered = true;
    return take(eventType, eventData);
  }

  function processLine(line: string, start: number, end: number, weight: number): boolean {
    const letter = line.charCodeAt(start);
    if (letter === COLON) {
      state.hasDelivered = true;
      return take('', line.slice(start + 1, end));
    }
    const length =
      letter === 100
        ? line.charCodeAt(start + 1) === 97 &&
          line.charCodeAt(start + 2) === 116 &&
          line.charCodeAt(start + 3) === 97 &&
          4
        : line.startsWith('id', start)
          ? 2
          : (line.startsWith('event', start) || line.startsWith('retry', start)) && 5;
    let position = start + +length;
    if (!length || (position < end && line.charCodeAt(position++) !== COLON)) return true;
    if (line.charCodeAt(position) === SPACE && position < end) position++;
    limit((size += Math.ceil((end - start + 1) * weight)));
    const value = line.slice(position, end);
    // rule 26 would take the LF after the last line away again
    if (letter === 100) data = data === undefined ? value : `${data}\n${value}`;
    else if (letter === 101) type = value;
    else {
      state.hasDelivered = true;
      if (letter === 105) {
        if (!value.includes('\0')) id = copy(value);
      } else if (/^\d+$/.test(value)) {
        state.reconnectionTime = +value;
        state.leastWait = 100;
      }
    }
    return true;
  }

  return (bytes) => {
    const last = bytes[bytes.length - 1] as number;
    if (isAscii && bytes.length === 1 && last > 13 && last < 128 && partialLine.length < LONG) {
      partialLine += String.fromCharCode(last);
      endsInCR = false;
      return;
    }
    const isSplit = !isAscii || last > 127;
    const text = (isSplit ? splitDecoder : wholeDecoder).decode(bytes, { stream: isSplit });
    const { length } = text;
    isAscii = last < 128 && length === bytes.length;
    // T5: nothing may be forgotten over an empty piece
    if (!length) return;
    const weight = bytes.length / length;
    // rule 13: a CR ends its line now, and an LF that the next text begins with belongs to it
    let position = endsInCR && text[0] === '\n' ? 1 : 0;
    endsInCR = text.endsWith('\r');
    let nextLF = -1;
    let nextCR = -1;
    while (position < length) {
      let start = position;
      let end = start;
      if (text.charCodeAt(start) !== LF) {
        if (nextLF < start) nextLF = text.indexOf('\n', start) >>> 0;
        if (nextCR < start) nextCR = text.indexOf('\r', start) >>> 0;
        end = nextLF < nextCR ? nextLF : nextCR;
        if (end > length) break;
      }
      position = end + 1;
      if (end === nextCR && text.charCodeAt(position) === LF) position++;
      let line = text;
      if (partialLine) {
        line = partialLine + text.slice(start, end);
        partialLine = '';
        start = 0;
        end = line.length;
      }
      if (!(start === end ? dispatch() : processLine(line, start, end, weight))) return;
    }
    if (data !== undefined && data.length > LONG) {
      earlierData += copy(data);
      data = '';
    }
    const wasLong = partialLine.length > LONG;
    partialLine += text.slice(position);
    const total = size + partialLine.length * weight;
    if (total > state.maxEventSize || (!wasLong && partialLine.length > LONG)) {
      if (/^(data|event|id|retry|):/.exec(partialLine)?.[state.wantsComments ? 0 : 1]) limit(total);
      else partialLine = partialLine.slice(0, 6);
    }
  };
}

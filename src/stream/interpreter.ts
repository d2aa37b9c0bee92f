import { FetchEventSourceError } from '../errors/error.js';
import type { Chunk } from './chunk.js';
import { Utf8Decoder } from './utf8.js';

/** What outlives a stream: the next one goes on from it. */
export interface StreamState {
  /** The last event ID string, as of the event last handed over; `undefined` until there is one. */
  lastEventId: string | undefined;
  /** In milliseconds: what the last valid `retry` field said, or what the caller began with. */
  reconnectionTime: number;
  /** The IDs of the last events. An event that has one of them is skipped. `undefined` skips none. */
  readonly recentIds?: Set<string> | undefined;
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
  /** The most characters that an unfinished event may have: its data, type and ID, and the line that comes next. */
  readonly maxEventSize: number;
  /** Whether anybody reads comments. Otherwise `onComment` is not called. */
  readonly wantsComments: boolean;
}

/** In characters: what `maxEventSize` is if nobody says otherwise. */
export const MAX_EVENT_SIZE: number = 2 ** 27;

/** In characters: V8 has no string that is much longer. */
const LONGEST_TEXT = 2 ** 29 - 2 ** 24;

/** How many IDs are known. */
const RECENT = 1000;

const LF = 10;
const CR = 13;
const COLON = 58;
const SPACE = 32;

/** Data of so many characters is stored in one piece, so that it takes no more memory than it must. */
const LONG = 4096;

/** Where to go on when nobody wants to: beyond the end of any text. */
const STOP = 2 ** 30;

/** Where the character comes next, or the length of the text. */
function find(character: string, text: string, start: number): number {
  const position = text.indexOf(character, start);
  return position < 0 ? text.length : position;
}

/** Whether a line begins with `data:`. Not `startsWith()`, which takes several times as long. */
const isData = (text: string, start: number): boolean =>
  text.charCodeAt(start) === 100 &&
  text.charCodeAt(start + 1) === 97 &&
  text.charCodeAt(start + 2) === 116 &&
  text.charCodeAt(start + 3) === 97 &&
  text.charCodeAt(start + 4) === COLON;

/** A string of its own: a slice would keep the whole text in memory that it is from, and a sum all its parts. */
const copy = (text: string): string =>
  // Engines copy up to twelve characters in place of referring to them, which is faster where it will do.
  text.length > 24 ? ` ${text}`.slice(1) : text.slice(0, 12) + text.slice(12);

/**
 * Interprets one event stream: text → lines → fields → events.
 *
 * It takes time proportional to the input, however that is cut: only new text is searched for the end of a line, and
 * what is unfinished is a string that grows at its end, which engines keep as a tree until somebody reads it. No text is
 * read beyond its end: engines leave their optimized code for that, each time.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStreamInterpreter {
  readonly #state: StreamState;
  readonly #handlers: StreamHandlers;
  readonly #wantsComments: boolean;
  readonly #maxEventSize: number;
  readonly #decoder = new Utf8Decoder();
  /** Whether the stream has had an event, a comment or an `id`. */
  hasDelivered = false;
  /** The character that the next text may begin with that is no part of a line: rule 12, and then rule 13. */
  #prefix = 0xfeff;
  /** How many characters the unfinished event may yet get. */
  #room: number;
  #partialLine = '';
  // rule 14. An empty data buffer is `undefined`, because '' is one that holds an empty line.
  #data: string | undefined;
  /** What comes before `#data`, from earlier texts. */
  #earlierData = '';
  #type = '';
  /** The last valid `retry`. */
  #retry: string | undefined;
  // T6: `undefined` until there is an `id` field, so that the ID of the stream before stays
  #id: string | undefined;

  constructor(state: StreamState, handlers: StreamHandlers, options: StreamOptions) {
    this.#state = state;
    this.#handlers = handlers;
    this.#wantsComments = options.wantsComments;
    this.#room = this.#maxEventSize = Math.min(options.maxEventSize, LONGEST_TEXT);
  }

  /**
   * Takes the next bytes or text and hands over what they complete.
   * @throws FetchEventSourceError `event-too-large`
   */
  interpret(chunk: Chunk): void {
    if (typeof chunk !== 'string') this.#takeText(this.#decoder.decode(chunk));
    else this.#takeText(this.#decoder.end() + chunk);
  }

  /** Hands over what the stream has left unfinished, which rule 15 would drop. */
  end(): void {
    this.#takeText(`${this.#decoder.end()}\n\n`);
  }

  #takeText(text: string): void {
    const { length } = text;
    // T5: nothing may be forgotten over an empty text
    if (!length) return;
    // rule 13: a CR ends its line now, and an LF that the next text begins with belongs to it
    let start = text.charCodeAt(0) === this.#prefix ? 1 : 0;
    this.#prefix = text.charCodeAt(length - 1) === CR ? LF : -1;
    let nextLF = -1;
    let nextCR = -1;
    while (start < length) {
      if (nextLF < start) nextLF = find('\n', text, start);
      if (nextCR < start) nextCR = find('\r', text, start);
      const end = nextLF < nextCR ? nextLF : nextCR;
      if (end - start > this.#room) {
        throw new FetchEventSourceError('event-too-large', 'Event larger than maxEventSize');
      }
      if (end === length) break;
      const next = nextLF === end + 1 ? end + 2 : end + 1;
      if (this.#partialLine) start = this.#completeLine(text.slice(start, end + 1), next);
      else if (isData(text, start)) start = this.#takeData(text, start + 5, end, next);
      else start = this.#takeLine(text, start, end) ? next : STOP;
    }
    this.#keep(text.slice(start));
  }

  /** Keeps an unfinished line, and what has come of an event before it. */
  #keep(line: string): void {
    this.#partialLine += line;
    this.#room -= line.length;
    if (this.#data && this.#data.length >= LONG) {
      this.#earlierData += copy(this.#data);
      this.#data = '';
    }
  }

  /** Takes a line that began in a text before. Answers where to go on. */
  #completeLine(rest: string, next: number): number {
    const line = this.#partialLine + rest;
    this.#room += this.#partialLine.length;
    this.#partialLine = '';
    return this.#takeLine(line, 0, line.length - 1) ? next : STOP;
  }

  /** Takes a `data` line, and the empty one behind it if that is there already: most lines of most streams. Answers where to go on. */
  #takeData(text: string, start: number, end: number, next: number): number {
    const value = text.slice(text.charCodeAt(start) === SPACE ? start + 1 : start, end);
    const isLast = next < text.length && text.charCodeAt(next) === LF;
    if (isLast && this.#data === undefined && this.#id === undefined) {
      const type = this.#type || 'message';
      this.#type = '';
      this.#room = this.#maxEventSize;
      this.hasDelivered = true;
      return this.#handlers.onEvent(type, value) ? next + 1 : STOP;
    }
    this.#room -= value.length + 1;
    this.#addData(value);
    if (!isLast) return next;
    return this.#dispatch() ? next + 1 : STOP;
  }

  /** Takes a line, which a character follows that ends it. Answers whether to go on. */
  #takeLine(text: string, start: number, end: number): boolean {
    // rule 16
    if (start === end) return this.#dispatch();
    const letter = text.charCodeAt(start);
    if (letter === COLON) {
      this.hasDelivered = true;
      return !this.#wantsComments || this.#handlers.onComment(text.slice(start + 1, end));
    }
    const name = letter === 100 ? 'data' : letter === 101 ? 'event' : letter === 105 ? 'id' : 'retry';
    let from = start + name.length;
    if (!text.startsWith(name, start) || (from < end && text.charCodeAt(from++) !== COLON)) return true;
    if (text.charCodeAt(from) === SPACE) from++;
    this.#takeField(name, text.slice(from, end));
    return true;
  }

  /** rules 19 to 23 */
  #takeField(name: string, value: string): void {
    this.#room -= value.length + 1;
    if (name === 'data') this.#addData(value);
    else if (name === 'event') this.#type = value;
    else if (name === 'retry') {
      // Servers repeat it with each event.
      if (value !== this.#retry) {
        if (!/^\d+$/.test(value)) return;
        this.#retry = value;
        this.#state.reconnectionTime = +value;
      }
      this.#handlers.onRetry(this.#state.reconnectionTime);
    } else if (!value.includes('\0')) {
      this.hasDelivered ||= !this.#state.recentIds?.has(value);
      this.#id = copy(value);
    }
  }

  #addData(value: string): void {
    // rule 26 would take the LF after the last line away again
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
  }

  /** rules 24 to 28. Answers whether to go on. */
  #dispatch(): boolean {
    const data = this.#data;
    const before = this.#earlierData;
    const type = this.#type || 'message';
    const id = this.#id;
    this.#id = this.#data = undefined;
    this.#type = this.#earlierData = '';
    this.#room = this.#maxEventSize;
    if (data !== undefined && id && this.#isRepeated(id)) return true;
    // rule 24: even when there is nothing to dispatch
    if (id !== undefined) this.#state.lastEventId = id;
    // rule 25
    if (data === undefined) return true;
    this.hasDelivered = true;
    return this.#handlers.onEvent(type, before + data);
  }

  /** Whether one of the last events had this ID. If none had, this one is the last from now on. */
  #isRepeated(id: string): boolean {
    const { recentIds } = this.#state;
    if (!recentIds || recentIds.has(id)) return !!recentIds;
    recentIds.add(id);
    if (recentIds.size > RECENT) recentIds.delete(recentIds.values().next().value as string);
    return false;
  }
}

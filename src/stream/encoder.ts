/** What to write. A `ServerSentEvent` is one, and so is a message of a `FetchEventSource`. */
export interface ServerSentEventInit {
  /**
   * What listeners listen to. Without line breaks.
   * @defaultValue `message`
   */
  type?: string | undefined;
  /** Any text. Its line breaks, of any kind, arrive as LF. Without it nothing is dispatched. */
  data?: string | undefined;
  /** The client's last event ID from now on: `''` resets it, none keeps it. Without line breaks and NUL. */
  lastEventId?: string | undefined;
  /** The client's reconnection time from now on, in whole milliseconds. */
  retry?: number | undefined;
  /** What clients ignore, as in `{ comment: ' ping' }`, which keeps a silent connection alive. */
  comment?: string | undefined;
}

const LINE_BREAK = /\r\n?|\n/;

/** Matches nothing. */
const NOTHING = /(?!)/;

/** How a member is written, what it must not have in it, and what to say then. */
type Line = readonly [keyof ServerSentEventInit, start: string, illegal: RegExp, expected: string];

/** In the order in which they are written. */
const LINES: readonly Line[] = [
  ['comment', ':', NOTHING, 'text'],
  ['type', 'event: ', LINE_BREAK, 'text without line breaks'],
  ['lastEventId', 'id: ', /[\r\n\0]/, 'text without line breaks and NUL'],
  ['retry', 'retry: ', /\D/, 'whole milliseconds'],
  ['data', 'data: ', NOTHING, 'text; use JSON.stringify()'],
];

/**
 * An event as bytes, which the `write` and `enqueue` of every server take: the mirror of the decoder.
 *
 * @throws TypeError for what no event stream can say. It names the member.
 * @example
 * response.write(encodeEvent({ type: 'price', data: JSON.stringify(price), lastEventId: '7' }));
 */
export function encodeEvent(event: ServerSentEventInit): Uint8Array {
  if (Object(event) !== event) throw new TypeError('event: expected an object');
  // Under the names of the fields they would be ignored silently.
  if ('id' in event || 'event' in event) throw new TypeError('id, event: call them lastEventId and type');
  // rule 25: nor would anybody hear of this
  if (event.type && event.data === undefined) throw new TypeError('data: expected with a type');
  return new TextEncoder().encode(`${LINES.map((line) => encodeMember(event, line)).join('')}\n`);
}

function encodeMember(event: ServerSentEventInit, [member, start, illegal, expected]: Line): string {
  const value = event[member];
  if (value === undefined) return '';
  if (typeof value !== (member === 'retry' ? 'number' : 'string') || illegal.test(`${value}`)) {
    throw new TypeError(`${member}: expected ${expected}`);
  }
  return `${value}`
    .split(LINE_BREAK)
    .map((line) => `${start}${line}\n`)
    .join('');
}

/** Events in, bytes out: the mirror of the decoder, as a stream. What {@link encodeEvent} throws fails it. */
export class EventStreamEncoder extends TransformStream<ServerSentEventInit, Uint8Array> {
  constructor() {
    super({ transform: (event, controller) => controller.enqueue(encodeEvent(event)) });
  }
}

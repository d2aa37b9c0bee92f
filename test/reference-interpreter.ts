/**
 * The HTML Standard's interpretation of an event stream, step by step and without any regard for speed: the whole input
 * at once, character by character. The tests compare `src/stream/interpreter.ts` with it.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

/** What an interpreter reads and changes of its source. The time is in milliseconds. */
export interface Source {
  readonly lastEventId: string;
  readonly reconnectionTime: number;
}

/** The fields of a dispatched event that come from the stream. */
export interface DispatchedEvent {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

/** An event or, with the type `''`, a comment, and the source at that moment: a caller may leave after each. */
export interface Item extends DispatchedEvent, Source {}

/** The final state of a source, and what was dispatched on the way. */
export interface Interpretation extends Source {
  readonly items: readonly Item[];
  readonly events: readonly DispatchedEvent[];
  readonly comments: readonly string[];
}

export function summarize(items: readonly Item[], source: Source): Interpretation {
  const events = items.filter(({ type }) => type !== '');
  const comments = items.filter(({ type }) => type === '');
  return {
    ...source,
    items,
    events: events.map(({ type, data, lastEventId }) => ({ type, data, lastEventId })),
    comments: comments.map(({ data }) => data),
  };
}

/** rule 12: UTF-8 decode, which drops one byte order mark. */
function decode(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** rule 13: the lines that have an end. rule 15: what follows the last line end is dropped. */
function splitIntoLines(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (let position = 0; position < text.length; position++) {
    const character = text.charAt(position);
    if (character !== '\r' && character !== '\n') {
      line += character;
      continue;
    }
    if (character === '\r' && text.charAt(position + 1) === '\n') position++;
    lines.push(line);
    line = '';
  }
  return lines;
}

function isAsciiDigits(value: string): boolean {
  if (value === '') return false;
  for (const character of value) if (!'0123456789'.includes(character)) return false;
  return true;
}

/** Interprets one whole stream, which belongs to the given source. */
export function interpretLiterally(bytes: Uint8Array, source: Source): Interpretation {
  const items: Item[] = [];
  let { lastEventId, reconnectionTime } = source;

  // rule 14, and T6 for the third: browsers start with the ID that the source already has
  let dataBuffer = '';
  let eventTypeBuffer = '';
  let lastEventIdBuffer = lastEventId;

  function dispatch(): void {
    // rule 24: first, whether there is an event or not
    lastEventId = lastEventIdBuffer;
    // rule 25
    if (dataBuffer === '') {
      eventTypeBuffer = '';
      return;
    }
    // rule 26
    if (dataBuffer.endsWith('\n')) dataBuffer = dataBuffer.slice(0, -1);
    // rule 27
    let type = 'message';
    if (eventTypeBuffer !== '') type = eventTypeBuffer;
    items.push({ type, data: dataBuffer, lastEventId, reconnectionTime });
    // rule 28
    dataBuffer = '';
    eventTypeBuffer = '';
  }

  // rule 19: a field with any other name is ignored
  function processField(name: string, value: string): void {
    if (name === 'event') {
      // rule 20
      eventTypeBuffer = value;
    } else if (name === 'data') {
      // rule 21
      dataBuffer += value;
      dataBuffer += '\n';
    } else if (name === 'id') {
      // rule 22
      if (!value.includes('\u0000')) lastEventIdBuffer = value;
    } else if (name === 'retry') {
      // rule 23
      if (isAsciiDigits(value)) reconnectionTime = Number(value);
    }
  }

  for (const line of splitIntoLines(decode(bytes))) {
    const colon = line.indexOf(':');
    if (line === '') {
      // rule 16
      dispatch();
    } else if (colon === 0) {
      // rule 16: the standard ignores it, but a caller may want to see it
      items.push({ type: '', data: line.slice(1), lastEventId, reconnectionTime });
    } else if (colon > 0) {
      // rule 17
      let value = line.slice(colon + 1);
      if (value.startsWith(' ')) value = value.slice(1);
      processField(line.slice(0, colon), value);
    } else {
      // rule 18
      processField(line, '');
    }
  }

  // rule 15: the buffers are dropped as they are
  return summarize(items, { lastEventId, reconnectionTime });
}

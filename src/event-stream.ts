/** What a source knows from its streams. It outlives each of them. */
export interface StreamState {
  /** The last event ID string, as of the event last taken out; `undefined` until there is one. */
  lastEventId?: string | undefined;
  /** In milliseconds: what the last valid `retry` field said, or what the caller began with. */
  reconnectionTime: number;
  /** In milliseconds, once a server has set the reconnection time: `retry: 0` must not become a hot loop. */
  leastWait?: number;
  /** Whether the current stream had an event, a comment, an `id` or a `retry`. */
  hasDelivered?: boolean;
}

/** An event ready to be dispatched, its `data` lines joined by newlines; or, of the type `''`, a comment line. */
export type StreamItem = readonly [type: string, data: string];

/**
 * Interprets one event stream. The function that it returns takes the next bytes and gives the items that they
 * complete; the state is true as of the item last given.
 *
 * It takes time proportional to the input, however that is cut: only new text is searched for the end of a line, and
 * what is unfinished is a string that grows at its end, which engines keep as a tree until somebody reads it.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function interpretEventStream(state: StreamState): (bytes: Uint8Array) => Generator<StreamItem, void> {
  // T4: one decoder for the stream, which drops the byte order mark
  const decoder = new TextDecoder();
  let partialLine = '';
  let endsInCR = false;
  // rule 14. An empty data buffer is `undefined`, for '' is one that holds an empty line.
  let data: string | undefined;
  let type = '';
  // T6: `undefined` until there is an `id` field, so that the ID of the stream before stays
  let id: string | undefined;
  state.hasDelivered = false;

  return function* (bytes) {
    const text = decoder.decode(bytes, { stream: true });
    // T5: nothing may be forgotten over an empty piece
    if (!text) return;
    // rule 13: a CR ends its line now, and an LF that the next text begins with belongs to it
    const lines = (endsInCR && text[0] === '\n' ? text.slice(1) : text).split(/\r\n?|\n/);
    endsInCR = text.endsWith('\r');
    lines[0] = partialLine + lines[0];
    partialLine = lines.pop() as string;
    for (const line of lines) {
      // rules 16 to 19: a known name, or none as in a comment, up to where the value begins
      const [start, name] = /^(data|event|id|retry)?(?:: ?|$)/.exec(line) ?? [];
      const value = line.slice(start?.length);
      if (!line) {
        // rule 24: even when there is nothing to dispatch
        state.lastEventId = id ?? state.lastEventId;
        // rule 25
        if (data !== undefined) {
          state.hasDelivered = true;
          yield [type || 'message', data];
        }
        type = '';
        data = undefined;
      } else if (name === 'data') {
        // rule 26 would take the LF after the last line away again
        data = data === undefined ? value : `${data}\n${value}`;
      } else if (name === 'event') {
        type = value;
      } else if (start) {
        state.hasDelivered = true;
        if (!name) yield ['', line.slice(1)];
        if (name === 'id' && !value.includes('\0')) id = value;
        if (name === 'retry' && /^\d+$/.test(value)) {
          state.reconnectionTime = +value;
          state.leastWait = 100;
        }
      }
    }
  };
}

import { NODE_REMEDY } from '../errors/text.js';
import { accept } from '../http/response.js';
import { type Chunk, readChunk, type StreamChunk, toChunk } from './chunk.js';
import { EventStreamInterpreter, MAX_EVENT_SIZE } from './interpreter.js';

const ignore = (): void => {};

/** An event as the stream had it, by the names that a `MessageEvent` has for its parts. */
export interface ServerSentEvent {
  /** What the `event` field said, or `message`. */
  type: string;
  /** The `data` lines, joined by newlines. */
  data: string;
  /** What the last `id` field said, in this event or before it. It is where to resume once this event is handled. */
  lastEventId: string;
}

/** What an interpreter is told, and what it tells besides events. */
export interface EventStreamOptions {
  /**
   * The last event ID as of the stream's beginning: events have it until there is an `id` field.
   * @defaultValue `''`
   */
  lastEventId?: string | undefined;
  /**
   * The most characters that an event may have, the values of its fields and its unfinished line taken together: an
   * event without end must not fill the memory. A larger one is an error, `event-too-large`. A number above 2 ** 29 - 2 ** 24
   * means that, because texts cannot be longer.
   * @defaultValue 2 ** 27
   */
  maxEventSize?: number | undefined;
  /**
   * Whether an event that the end of the stream leaves without its blank line is delivered as well. The standard drops
   * it: it may be cut.
   * @defaultValue `false`
   */
  flush?: boolean | undefined;
  /** Gets each comment line as it is read, without its colon. */
  onComment?: ((comment: string) => void) | undefined;
  /** Gets what each valid `retry` field says as it is read, in milliseconds; `Infinity` if it is that long. */
  onRetry?: ((reconnectionTime: number) => void) | undefined;
}

function createInterpreter(
  { lastEventId = '', maxEventSize = MAX_EVENT_SIZE, onComment, onRetry = ignore }: EventStreamOptions,
  deliver: (event: ServerSentEvent) => unknown,
): EventStreamInterpreter {
  if (!(maxEventSize >= 0)) throw new TypeError(`maxEventSize: got ${maxEventSize}`);
  const state = { lastEventId, reconnectionTime: 0 };
  const handlers = {
    onEvent(type: string, data: string): true {
      deliver({ type, data, lastEventId: state.lastEventId });
      return true;
    },
    onComment(comment: string): true {
      onComment?.(comment);
      return true;
    },
    onRetry,
  };
  return new EventStreamInterpreter(state, handlers, { maxEventSize, wantsComments: !!onComment });
}

/**
 * Bytes or text in, events out: `response.body.pipeThrough(new EventStreamDecoder())`.
 *
 * What fails a pipe, an event larger than `maxEventSize` too, drops the events that nobody has read yet.
 * {@link parseEventStream} delivers them first.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStreamDecoder extends TransformStream<StreamChunk, ServerSentEvent> {
  constructor(options: EventStreamOptions = {}) {
    let interpreter: EventStreamInterpreter;
    super({
      start(controller) {
        interpreter = createInterpreter(options, (event) => controller.enqueue(event));
      },
      transform: (chunk) => interpreter.interpret(toChunk(chunk)),
      flush() {
        if (options.flush) interpreter.end();
      },
    });
  }
}

/**
 * The events of a response, or of any stream of bytes or text, for one `for await` loop. The next chunk is read when the
 * events of the last one are taken, so that a slow loop slows the server down. Leaving the loop cancels the stream.
 *
 * @throws FetchEventSourceError `http-status` or `content-type`, at once, for a response that is no event stream. Its
 * `response` is not read, so that its body can tell more. Pass `response.body` to interpret it all the same.
 * @throws FetchEventSourceError `event-too-large`, from the loop. What the stream itself fails with comes from there too.
 * @throws FetchEventSourceError `no-body`, from the loop, for a chunk that is neither bytes nor text.
 * @throws TypeError if the stream is locked, there is neither, or an option is wrong.
 */
export function parseEventStream(
  input: Response | ReadableStream<StreamChunk>,
  options: EventStreamOptions = {},
): AsyncGenerator<ServerSentEvent, void, undefined> {
  // By what it has: a Response may come from another realm or package
  const isStream = 'getReader' in Object(input);
  if (!isStream && !Object(Object(input).headers).get)
    throw new TypeError(`Expected a Response (await it) or a web stream${NODE_REMEDY}`);
  const stream = isStream ? (input as ReadableStream<unknown>) : accept(input as Response).body;
  const events: ServerSentEvent[] = [];
  const interpreter = createInterpreter(options, (event) => events.push(event));
  const reader = stream?.getReader();
  const generator = read(reader, interpreter, events, options.flush);
  // The generator's own methods wait for a pending read, which may never end on a silent stream.
  for (const name of ['return', 'throw'] as const) {
    const leave = generator[name];
    generator[name] = (value) => {
      reader?.cancel().catch(ignore);
      return leave.call(generator, value);
    };
  }
  return generator;
}

/** With a reader, because WebKit cannot iterate streams. */
async function* read(
  reader: ReadableStreamDefaultReader<unknown> | undefined,
  interpreter: EventStreamInterpreter,
  events: ServerSentEvent[],
  flushes: boolean | undefined,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  try {
    let chunk: Chunk | undefined = '';
    while (reader && chunk !== undefined) {
      chunk = readChunk(await reader.read());
      try {
        if (chunk !== undefined) interpreter.interpret(chunk);
        else if (flushes) interpreter.end();
      } finally {
        // Where the interpreter fails, what came whole before that is delivered first.
        for (const event of events.splice(0)) yield event;
      }
    }
  } finally {
    reader?.cancel().catch(ignore);
  }
}

import { createErrorEvent, createMessageEvent, dispatch } from '#platform';
import type { FetchEventSourceError } from '../errors/error.js';
import type { Options } from '../options/options.js';
import { invoke } from '../platform/callbacks.js';
import type { EventSourceMessageEvent } from '../types/events.js';
import { EventQueue } from './event-queue.js';

/** What the message options say. */
type MessageOptions = Pick<Options, 'done' | 'parse'>;

/** What a message says, before `parse`. */
interface Message {
  readonly data: string;
  readonly origin: string;
  readonly lastEventId: string;
}

/** Whether the `done` option says that the stream ends with this message. */
function isLast({ done }: MessageOptions, type: string, message: Message): boolean {
  if (typeof done !== 'function') return done === message.data;
  const event = createMessageEvent(type, message) as EventSourceMessageEvent;
  let isDone: unknown = false;
  invoke(() => {
    const answer: unknown = done(event);
    if (Object(answer).then) throw new TypeError('done: got a promise');
    isDone = answer;
  });
  return !!isDone;
}

/** The event for a message, its data parsed if the caller wants that; `undefined` if it ends the stream. */
export function createMessage(
  options: MessageOptions,
  type: string,
  message: Message,
): MessageEvent | undefined {
  if (isLast(options, type, message)) return undefined;
  const { parse } = options;
  try {
    return createMessageEvent(type, parse ? { ...message, data: parse(message.data, type) } : message);
  } catch (error) {
    return Object.assign(createMessageEvent('messageerror', message), { error });
  }
}

/** Makes events of what happens to a source, and hands them to its listeners and its loops. */
export class EventDispatcher {
  readonly #target: EventTarget;
  readonly #options: Options;
  /** Of the current stream, after redirects. */
  #origin = '';
  /** Of the loops over the source. */
  readonly #queues: EventQueue<MessageEvent>[] = [];
  /** Who listens for what must not go unnoticed, by the type of the event: an `EventTarget` does not tell. */
  readonly listeners: Partial<Record<string, Set<unknown>>> = {};
  #hasEnded = false;
  /** What loops throw at the end. */
  #failure: unknown;

  constructor(target: EventTarget, options: Options) {
    this.#target = target;
    this.#options = options;
  }

  /** Whether anybody iterates over the source. */
  get hasLoops(): boolean {
    return this.#queues.length > 0;
  }

  /** A loop that is behind: no more bytes are to be read for it. */
  get slowLoop(): EventQueue<MessageEvent> | undefined {
    return this.#queues.find((queue) => queue.isFull);
  }

  /** The queue of one more loop. Leaving that loop calls `leave`. */
  createQueue(leave: () => void): EventQueue<MessageEvent> {
    const queue = new EventQueue<MessageEvent>(leave);
    if (this.#hasEnded) queue.end(this.#failure);
    else this.#queues.push(queue);
    return queue;
  }

  /** Ends all loops, those that are yet to come as well. They throw a failure that is not `undefined`. */
  endLoops(failure: unknown): void {
    this.#hasEnded = true;
    this.#failure = failure;
    for (const queue of this.#queues) queue.end(failure);
  }

  announce(response: Response): void {
    const { url } = this.#options;
    this.#origin = new URL(response.url || url, url).origin;
    this.#dispatch(Object.assign(new Event('open'), { response }));
  }

  /** rule 27. The event for a message; `undefined` if it ends the stream. */
  createMessage(type: string, data: string, lastEventId: string): MessageEvent | undefined {
    return createMessage(this.#options, type, { data, origin: this.#origin, lastEventId });
  }

  deliver(event: MessageEvent): void {
    // Not one that the server calls so.
    if (this.#options.parse && event.type === 'messageerror' && 'error' in event) {
      this.#report(event.type, 'warn', 'parse failed: listen for messageerror');
    }
    for (const queue of this.#queues) queue.push(event);
    this.#dispatch(event);
  }

  deliverComment(comment: string): void {
    // As a function by itself: the options are not the caller's.
    const { onComment } = this.#options;
    invoke(() => onComment?.(comment));
  }

  /** @param reconnectIn - milliseconds; `undefined` when the source has failed, or waits for what its `fetch` said. */
  fireError(error: FetchEventSourceError, message: string, reconnectIn: number | undefined): void {
    const { status, code } = error;
    // A clean end is what a request that is sent once comes to.
    if (this.#hasEnded && code !== 'end-of-stream') this.#report('error', 'error', message);
    const extras = { error, message, status, code: status, reconnectIn };
    this.#dispatch(createErrorEvent(extras));
  }

  noteListener(type: string, listener: unknown, options?: unknown): void {
    if (!/^(message)?error$/.test(type)) return;
    const { once, signal } = Object(options);
    this.listeners[type] ??= new Set();
    // Nobody tells when those are gone. To hold them would be a leak.
    this.listeners[type].add(once || signal ? '' : listener);
  }

  /** Says on the console what nobody listens for, once. */
  #report(type: string, level: 'error' | 'warn', message: string): void {
    if (this.hasLoops || this.listeners[type]?.size) return;
    this.noteListener(type, level);
    console[level](message);
  }

  #dispatch(event: Event): void {
    invoke(dispatch, this.#target, event);
  }
}

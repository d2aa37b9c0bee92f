import type { FetchEventSourceError } from '../errors/error.js';
import type { EventSourceMessageEvent } from './events.js';

// These are the DOM library's `HeadersInit` and `BodyInit`, which @types/node, Workers and Bun do not name.
type HeadersValue =
  | NonNullable<RequestInit['headers']>
  | { readonly [name: string]: string | null | undefined };
type BodyValue = NonNullable<RequestInit['body']>;

/** What a function for `headers` or `body` is told about the attempt that it is called for. */
export interface Attempt {
  /** Where the stream will resume; `''` if nowhere in particular. */
  readonly lastEventId: string;
  /** Failures in a row before this attempt. */
  readonly failures: number;
  /** Why the last attempt ended; `undefined` for the first. */
  readonly error: FetchEventSourceError | undefined;
  /**
   * Aborted when this attempt is over, or no longer wanted: by `close()`, an aborted `signal`, `reconnect()`, or a
   * time-out. Not by a refused response, whose body somebody may still read.
   */
  readonly signal: AbortSignal;
}

/** Makes the headers of an attempt. */
export type HeadersFunction = (
  attempt: Attempt,
) => HeadersValue | undefined | PromiseLike<HeadersValue | undefined>;

/** Makes the body of an attempt. */
export type BodyFunction = (
  attempt: Attempt,
) => BodyValue | null | undefined | PromiseLike<BodyValue | null | undefined>;

/** An ended attempt, as `shouldReconnect` sees it: what the next attempt would be told of it. */
export interface Failure extends Attempt {
  readonly error: FetchEventSourceError;
}

/** The reconnection policy in detail. */
export interface ReconnectOptions {
  /**
   * The reconnection time in milliseconds until the server sends a `retry` field: the least wait between the end of
   * an attempt and the next one. Of what a server says, a day at most is waited.
   * @defaultValue 3000
   */
  reconnectionTime?: number | undefined;
  /**
   * The most that failures in a row add to the reconnection time, in milliseconds.
   * @defaultValue 30000
   */
  maxBackoff?: number | undefined;
  /**
   * The source fails after this many failures in a row, with the last error.
   * @defaultValue Infinity
   */
  maxFailures?: number | undefined;
  /**
   * How long a connection must have been open, in milliseconds, for what it delivered to end the row of failures. By
   * default a server that greets each connection and hangs up is never a failure.
   * @defaultValue 0
   */
  healthyAfter?: number | undefined;
  /**
   * The response statuses after which to connect again.
   * @defaultValue 408, 425, 429, 500, 502, 503, 504, 520 to 524
   */
  statuses?: readonly number[] | undefined;
  /**
   * Decides for each ended attempt: `false` fails the source, `true` connects again after the usual wait, a number
   * after that many milliseconds (never sooner than the reconnection time or `Retry-After`), `undefined` does what
   * would have been done. What it throws becomes the `cause` of the error that the source fails with.
   */
  shouldReconnect?:
    | ((failure: Failure) => boolean | number | undefined | PromiseLike<boolean | number | undefined>)
    | undefined;
}

/** The members of `RequestInit` that this library takes over or cannot honour. */
type Replaced = 'headers' | 'body' | 'signal' | 'integrity';

/** An event's type. Declared as a function too, so that `JSON.parse` can be passed as a parser. */
// biome-ignore lint/suspicious/noExplicitAny: as JSON.parse() declares its second parameter
type EventType = string & ((this: any, key: string, value: any) => any);

/** Makes an event's `data` of its text. */
export type ParseFunction<T> = (data: string, type: EventType) => T;

/**
 * A validator, as zod, valibot, arktype and others make them.
 * @see https://standardschema.dev
 */
export interface Schema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => unknown;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
  };
}

/** How text becomes data: a function of the text and the event's type, or a schema for the JSON that the text is. */
export type Parser<T> = ParseFunction<T> | Schema<T>;

/** Parsers by event type. `Extract` excludes the members of functions. */
type ParserByType<Events> =
  Record<never, never> extends Events
    ? never
    : { readonly [Type in Extract<keyof Events, string>]?: Parser<Events[Type]> };

/** As `FetchEventSourceInit`, with parsers that tell what events there are. */
export type InitWithParsers<Events> = Omit<FetchEventSourceInit, 'parse'> & {
  // neither a function nor a primitive value
  parse: object & { readonly bind?: never } & { readonly [Type in keyof Events]: Parser<Events[Type]> };
};

/** `RequestInit`, as `fetch` has it, and what an event stream needs beyond it. */
export interface FetchEventSourceInit<Data = string, Events = Record<never, never>>
  extends Omit<RequestInit, Replaced> {
  /**
   * Whether to send cookies to other origins, as the native class does.
   * @defaultValue false
   */
  withCredentials?: boolean | undefined;
  /** Request headers, or a function that is asked for them at every attempt (to refresh a token, say). */
  headers?: HeadersValue | HeadersFunction | undefined;
  /**
   * Request body, sent again at every attempt, or a function that is asked for it at every attempt. A stream can be
   * sent once only, so it must come from a function.
   */
  body?: Exclude<BodyValue, ReadableStream> | BodyFunction | null | undefined;
  /** Aborting it closes the source. */
  signal?: AbortSignal | null | undefined;
  /**
   * Makes the requests. Narrower than `typeof fetch`, which in Bun has members that your function lacks.
   *
   * It may say when another attempt is worth it: it rejects, or its stream breaks, with an error that has a promise as
   * its member `until`. The source waits for that in place of its own wait, and does not count a failure. Whether it
   * connects again at all is decided as ever.
   * @defaultValue `globalThis.fetch`, looked up at every attempt
   */
  fetch?:
    | ((url: string, init: RequestInit & { headers: Headers; signal: AbortSignal }) => Promise<Response>)
    | undefined;
  /**
   * The ID of the last event already known: the first request resumes after it.
   * @defaultValue `''`
   */
  lastEventId?: string | undefined;
  /** Send the last event ID as this query parameter in place of the header, which spares a CORS preflight. */
  lastEventIdParam?: string | undefined;
  /**
   * The most time from the start of an attempt to its response, in milliseconds, including the `headers` and `body`
   * functions and redirects. 0, or more than 24 days, is no limit.
   *
   * @defaultValue 0
   */
  connectTimeout?: number | undefined;
  /**
   * The longest silence, in milliseconds. Any byte ends it, even of a comment. Then the connection counts as lost. 0,
   * or more than 24 days, is no limit.
   *
   * @defaultValue 0
   */
  idleTimeout?: number | undefined;
  /**
   * The most characters that an event may have, the values of its fields and its unfinished line taken together: an
   * event without end must not fill the memory. A larger one fails the source. A number above 2 ** 29 - 2 ** 24 means that,
   * because texts cannot be longer.
   * @defaultValue 2 ** 27
   */
  maxEventSize?: number | undefined;
  /** `false`: never connect again; `true` or details: after any interruption, whatever the method. */
  reconnect?: boolean | ReconnectOptions | undefined;
  /** Gets each comment line as it arrives, without its colon. */
  onComment?: ((comment: string) => void) | undefined;
  /**
   * The end marker: the data of an event, such as `'[DONE]'`, or a function that returns whether an event, not yet
   * parsed, is the last. That event closes the source and is not dispatched.
   */
  done?: string | ((event: EventSourceMessageEvent) => boolean) | undefined;
  /**
   * Whether to skip an event whose own `id` is that of one of the last 1,000 events, as when a server repeats the event
   * that `Last-Event-ID` names. What is skipped changes nothing. Not where several events share an ID.
   * @defaultValue `false`
   */
  dedupe?: boolean | undefined;
  /**
   * Whether an event that the end of the stream leaves without its blank line is delivered as well. The standard drops
   * it, because it may be cut.
   * @defaultValue `false`
   */
  flush?: boolean | undefined;
  /**
   * Turns the text of each event into its `data`: a function such as `JSON.parse`; a schema (zod's, valibot's,
   * arktype's) for JSON; or an object with one of these per event type, where other events keep the text. If it throws,
   * or the schema finds issues or is asynchronous, a `messageerror` event has the text as its `data` and the reason as
   * its `error`, and the stream goes on.
   */
  parse?: Parser<Data> | Parser<Events[keyof Events]> | ParserByType<Events> | undefined;
}

/**
 * Headers in place of the options. Only names that cannot be options, so that a misspelt option is not taken for a
 * header.
 */
export interface HeadersAlone {
  readonly [name: `${string}-${string}`]: string;
  readonly Accept?: string;
  readonly accept?: string;
  readonly Authorization?: string;
  readonly authorization?: string;
  readonly Cookie?: string;
  readonly cookie?: string;
}

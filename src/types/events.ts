import type { FetchEventSourceError } from '../errors/error.js';

// `any` for `this`: the DOM declares these attributes with its own `EventSource` there, and ours must be assignable
// to it, with the DOM library or without.
/** What `onopen` and its like take: a function, or `null`. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type EventHandler<E extends Event> = ((this: any, event: E) => unknown) | null;

/** The type of `data` for an event type: what `Events` says of it, or `Data`. */
export type DataOf<Data, Events, Type> = Type extends keyof Events ? Events[Type] : Data;

/**
 * What a loop gets: messages with `Data`. Where `Events` names types, those alone, and `event.type` tells which it is.
 * A `messageerror` is among them where `Events` names it.
 */
export type AnyMessageEvent<Data, Events> =
  Record<never, never> extends Events
    ? EventSourceMessageEvent<Data>
    : { [Type in keyof Events]: EventSourceMessageEvent<Events[Type], Type> }[keyof Events];

/** A message from the stream: a `MessageEvent` whose `data` is text, or what the `parse` option makes of it. */
export interface EventSourceMessageEvent<Data = string, Type = string>
  extends Omit<MessageEvent, 'data' | 'lastEventId' | 'origin' | 'type'> {
  /** What the `event` field said, or `message`. */
  readonly type: Type & string;
  /** The `data` lines of the event, joined by newlines, or what the `parse` option made of that. */
  readonly data: Data;
  /** The last event ID as of this event. */
  readonly lastEventId: string;
  /** The origin that the stream came from, after redirects. */
  readonly origin: string;
}

/** The `open` event: a connection is established. */
export interface EventSourceOpenEvent extends Event {
  /** The accepted response: status, headers, final URL. For a source over a stream, one made of it. */
  readonly response?: Response | undefined;
}

/**
 * The `error` event: a connection ended. `readyState` tells what follows: CONNECTING, another attempt; CLOSED, none.
 *
 * A server may send a message of type `error`, which reaches the same listeners and has none of the extras. If yours does,
 * name it: where `Events` has a member `error`, listeners get either, and `event.error` tells which.
 */
export interface EventSourceErrorEvent extends Event {
  /** Why the connection ended. */
  readonly error: FetchEventSourceError;
  /** The message of the error. */
  readonly message: string;
  /** The HTTP status of the refused response, where there is one. */
  readonly status?: number | undefined;
  /** The same number as `status`. */
  readonly code?: number | undefined;
  /** Milliseconds until the next attempt; `undefined` when the source is CLOSED, or waits for what its `fetch` said. */
  readonly reconnectIn?: number | undefined;
}

/** What listeners for `error` get: a message of that type only where `Events` names it. */
type AnyErrorEvent<Events> =
  | EventSourceErrorEvent
  | (Events extends { error: infer Data }
      ? EventSourceMessageEvent<Data, 'error'> & { readonly [Extra in keyof ErrorExtras]?: undefined }
      : never);

type ErrorExtras = Omit<EventSourceErrorEvent, keyof Event>;

/** The events that every source has; messages of other types come by the names that the server gives them. */
export interface FetchEventSourceEventMap<Data = string, Events = Record<never, never>> {
  open: EventSourceOpenEvent;
  message: EventSourceMessageEvent<DataOf<Data, Events, 'message'>>;
  error: AnyErrorEvent<Events>;
  /** An event whose data could not be parsed: `data` is its text, `error` says why. */
  messageerror: EventSourceMessageEvent & { readonly error?: unknown };
}

/** `Symbol.dispose`, where the library in use knows it: TypeScript before 5.2 does not. */
type DisposeSymbol = SymbolConstructor extends { readonly dispose: infer S extends symbol } ? S : never;

/** What `using source = new FetchEventSource(…)` needs. */
export type WithDispose = { [K in DisposeSymbol]: () => void };

// `any` for `this`: the DOM declares these attributes with its own `EventSource` there, and ours must be assignable
// to it, with the DOM library or without.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type EventHandler<E extends Event> = ((this: any, event: E) => unknown) | null;

/**
 * The event handler attributes (`onopen` and its like) of a target.
 *
 * Each has one listener, which is added with its first function and removed with null, so that swapping one function
 * for another keeps its place among the listeners and setting it anew after null moves it to the end:
 * https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-attributes
 */
export class EventHandlers {
  readonly #target: EventTarget;
  readonly #handlers: Record<string, EventHandler<never>> = {};

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get<E extends Event>(type: string): EventHandler<E> {
    return (this.#handlers[type] ?? null) as EventHandler<E>;
  }

  set(type: string, value: unknown): void {
    const isHandler = typeof value === 'function';
    this.#handlers[type] = isHandler ? (value as EventHandler<never>) : null;
    // Neither does anything the second time.
    if (isHandler) this.#target.addEventListener(type, this.#listener);
    else this.#target.removeEventListener(type, this.#listener);
  }

  // T17: not the caller's function, which may be registered through addEventListener() as well
  readonly #listener = (event: Event): void => {
    this.#handlers[event.type]?.call(this.#target, event as never);
  };
}

/** Calls the caller's code. What it throws is the platform's business, as of any listener (T19). */
export function invoke(callback: () => unknown): void {
  try {
    callback();
  } catch (exception) {
    queueMicrotask(() => {
      throw exception;
    });
  }
}

export function ignore(): void {}

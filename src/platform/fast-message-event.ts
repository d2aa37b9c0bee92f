/** The platform's class, as far as it is called. */
type MessageEventClass = new (type: string, init: MessageEventInit) => MessageEvent;

const NO_PORTS: readonly MessagePort[] = Object.freeze([]);

/**
 * Whether this is undici's class, Node's own from 22 on. Its constructor takes several times as long as all else that an
 * event needs, because it converts the members of an init one by one. The class of a page, or one that a program has put
 * in its place, has another source.
 */
export function isSlow(platform: typeof MessageEvent): boolean {
  return /\bwebidl\.converters\b/.test(Function.prototype.toString.call(platform));
}

/**
 * A class whose events pass as the platform's, except with the functions of `MessageEvent.prototype`, which look for a
 * private field. The constructor keeps the init as it is.
 */
export function createFastClass(platform: typeof MessageEvent): MessageEventClass {
  // Not the global, which may have been replaced alone.
  const Base = Object.getPrototypeOf(platform) as typeof Event;
  class FastMessageEvent extends Base {
    readonly #init: MessageEventInit;
    constructor(type: string, init: MessageEventInit) {
      super(type);
      this.#init = init;
    }
    get data(): unknown {
      return this.#init.data ?? null;
    }
    get origin(): unknown {
      return this.#init.origin;
    }
    get lastEventId(): unknown {
      return this.#init.lastEventId;
    }
    // Reading the field throws for what is no event, as the platform's getters do.
    get source(): unknown {
      return this.#init && null;
    }
    get ports(): unknown {
      return this.#init && NO_PORTS;
    }
  }
  disguise(FastMessageEvent.prototype, platform.prototype);
  return FastMessageEvent as unknown as MessageEventClass;
}

/** Has a prototype of getters pass as the platform's: the same names in the same order, and the platform's constructor. */
function disguise(getters: object, platform: object): void {
  Reflect.deleteProperty(getters, 'constructor');
  for (const name of Object.getOwnPropertyNames(getters)) {
    Object.defineProperty(getters, name, { enumerable: true });
  }
  Object.setPrototypeOf(getters, platform);
}

import { toResponse } from './call.js';
import type { Entry, Head, Message } from './message.js';

/** In characters: what waits for a reader who is behind. */
const MOST_WAITING = 2 ** 20;

/** Whoever called the shared `fetch`: the response, and its stream, in which what is written waits until somebody reads. */
export class Caller {
  readonly response: Promise<Response>;
  /** The last event ID that it has got. */
  lastId: string | undefined;
  readonly #stream: ReadableStream<Uint8Array>;
  #settle: { resolve(response: Response): void; reject(error: unknown): void } | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #texts: string[] = [];
  #size = 0;
  #isWanted = false;
  #finish: (() => void) | undefined;

  constructor(id: string | undefined, cancel: () => void) {
    this.lastId = id;
    this.response = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#stream = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#isWanted = true;
          this.#flush();
        },
        cancel,
      },
      { highWaterMark: 0 },
    );
  }

  /** Whether there is no response yet. */
  get isPending(): boolean {
    return !!this.#settle;
  }

  /** Answers with a stream, unless there is a response. */
  open(head: Head): void {
    this.#settle?.resolve(toResponse(head, this.#stream));
    this.#settle = undefined;
  }

  /** The text of an event, after which the caller has its last event ID. */
  toText([text, id]: Entry): string {
    const field = id === this.lastId ? '' : `id: ${id}\n`;
    this.lastId = id;
    return field + text;
  }

  /** Tells that the connection is down. */
  fail({ head, isEnd }: Pick<Message, 'head' | 'isEnd'>, error: unknown, response?: Response): void {
    if (!this.#settle) this.end(isEnd ? undefined : error);
    else if (head) this.#settle.resolve(response ?? toResponse(head, head.body as BodyInit | undefined));
    else this.#settle.reject(error);
  }

  /** Tells that it is not wanted any more. */
  abort(reason: unknown): void {
    this.#settle?.reject(reason);
    this.end(reason);
  }

  /** Answers whether the reader keeps up. */
  write(text: string): boolean {
    this.#size += text.length;
    if (text) this.#texts.push(text);
    this.#flush();
    return this.#size < MOST_WAITING;
  }

  /** Ends the stream behind what waits; with an error, if one is given. */
  end(error?: unknown): void {
    const controller = this.#controller;
    this.#finish ??= () => (error ? controller?.error(error) : controller?.close());
    this.#flush();
  }

  #flush(): void {
    if (this.#size && this.#isWanted) {
      this.#isWanted = false;
      const texts = this.#texts.join('');
      this.#texts = [];
      this.#size = 0;
      this.#controller?.enqueue(new TextEncoder().encode(texts));
    }
    // Once.
    if (this.#size || !this.#finish) return;
    const finish = this.#finish;
    this.#finish = () => {};
    finish();
  }
}

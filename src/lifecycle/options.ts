import type { Fetch } from '../http/call-fetch.js';

/** Where records are kept: `localStorage`, `sessionStorage`, or an object of yours with the same functions. */
export interface RecordStorage {
  /** The record of this name, or `null`. */
  getItem(name: string): string | null;
  /** Keeps a record, in place of the one that has the name. */
  setItem(name: string, value: string): void;
  /** Forgets a record. */
  removeItem(name: string): void;
}

/** An event of an answer. */
export interface AnswerEvent {
  readonly type: string;
  readonly data: string;
}

/** What `resumable()` takes. */
export interface ResumableOptions {
  /** Names the question: a page that is loaded again goes on with the answer that it has under this key. */
  key: string;
  /**
   * Where the answer can be read, absolute or relative to the question. It is asked before the question is sent, and, if
   * it returns nothing then, again with the response.
   * @defaultValue what the response has as its `Location`
   */
  address?: ((key: string, response?: Response) => string | URL | null | undefined) | undefined;
  /** A page that was loaded again goes on after the event with this ID, not from the start of the answer. */
  from?: string | undefined;
  /**
   * Where the address, the time and a digest of the question are kept.
   * @defaultValue `sessionStorage` in pages; elsewhere an object that lasts as long as the program
   */
  storage?: RecordStorage | undefined;
  /** Other origins at which an answer may be. They get the caller's headers. */
  origins?: readonly string[] | undefined;
  /**
   * The data of the last event, such as `[DONE]`, or a function that tells it. With it the question is forgotten. Pass it
   * to the class as well, which would try to connect again.
   */
  done?: string | ((event: AnswerEvent) => boolean) | undefined;
  /**
   * Makes the requests: your own function, or that of another helper.
   * @defaultValue what the class does without one
   */
  fetch?: Fetch | undefined;
}

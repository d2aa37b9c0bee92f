import { FetchEventSourceError } from '../errors/error.js';
import type { Fetch } from '../http/call-fetch.js';
import { discard } from '../http/discard.js';
import { encodeLastEventId } from '../http/last-event-id.js';
import { computeDigest } from './digest.js';
import { watchForEnd } from './done.js';
import type { RecordStorage, ResumableOptions } from './options.js';
import { findStorage } from './storage.js';

type Init = Parameters<Fetch>[1];

/** With the function that sends. */
export type Options = ResumableOptions & { readonly fetch: Fetch };

/** What is known of a question that was sent. */
interface AnswerRecord {
  /** Where its answer can be read; `undefined` if that is not known. */
  address?: string;
  /** When it was sent, in milliseconds since the epoch. */
  readonly time: number;
  /** Tells it from other questions. */
  readonly digest: string;
}

/** Statuses that say that nothing was begun. */
const NOTHING_BEGUN = /401|425|429|503/;

/** Statuses that say that the answer is to be read at its address. */
const ELSEWHERE = /201|202/;

const REDIRECT = /30[12378]/;

/** Statuses of the rest that say that there is none. */
const NOTHING_LEFT = /204|404|410/;

const refuse = (message: string, cause?: unknown): never => {
  throw new FetchEventSourceError('not-resumable', message, cause);
};

const UNKNOWN = 'The question may have been accepted; where its answer is, is not known';

/** The caller's, without what describes a body. */
function toHeadersOfRest(given: Headers, from = ''): Headers {
  const headers = new Headers(given);
  for (const name of [...headers.keys()]) if (/^content-/.test(name)) headers.delete(name);
  const id = encodeLastEventId(from, false);
  if (id && !headers.has('Last-Event-ID')) headers.set('Last-Event-ID', id);
  return headers;
}

/** A question and its answer. */
export class Answer {
  readonly #options: Options;
  readonly #name: string;
  readonly #storage: RecordStorage;
  /** Whether the question was sent here, and not before the page was loaded again. */
  #isAsked = false;
  /** The digest of a question whose answer has ended. */
  #ended: string | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#name = `eventsource-fetch ${options.key}`;
    this.#storage = options.storage ?? findStorage();
  }

  async request(url: string, init: Init): Promise<Response> {
    const digest = await computeDigest(url, init);
    if (init.signal.aborted) throw init.signal.reason;
    // From here to the writing of the record no turn passes: of two sources, one finds what the other has left.
    const stored = this.#read();
    const record = stored?.digest === digest ? stored : { digest, time: Date.now() };
    if (digest === this.#ended) refuse('The answer has ended');
    const response =
      (record !== stored && (await this.#ask(record, url, init))) || (await this.#resume(record, url, init));
    const { done } = this.#options;
    if (done) watchForEnd(response, done, () => this.#end(record));
    return response;
  }

  forget(): void {
    this.#ended = undefined;
    this.#storage.removeItem(this.#name);
  }

  #read(): AnswerRecord | null {
    return JSON.parse(this.#storage.getItem(this.#name) as string);
  }

  /** Stores where the answer can be read. */
  #write(record: AnswerRecord, address: string | URL | null | undefined, base: string): void {
    if (address) record.address = new URL(address, base).href;
    this.#storage.setItem(this.#name, JSON.stringify(record));
  }

  /** Forgets the question, unless another one has replaced it. */
  #end({ digest }: AnswerRecord, ended: string | undefined = digest): void {
    if (this.#read()?.digest === digest) this.forget();
    this.#ended = ended;
  }

  /** Sends the question, which nobody may do again. Returns nothing if the answer is elsewhere. */
  async #ask(record: AnswerRecord, url: string, init: Init): Promise<Response | undefined> {
    const { address, key, fetch } = this.#options;
    this.#isAsked = true;
    this.#write(record, address?.(key), url);
    const response = await fetch(url, init).catch((error) => {
      // A redirect that was refused, for one, says more than that nobody knows.
      if (record.address || init.signal.aborted || error instanceof FetchEventSourceError) throw error;
      return refuse(UNKNOWN, error);
    });
    const { status } = response;
    if (NOTHING_BEGUN.test(`${status}`)) {
      this.#end(record, '');
      return response;
    }
    if (REDIRECT.test(`${status}`)) {
      discard(response);
      // Another call would send it again, where nobody remembers it.
      refuse("It was redirected: pass redirect: 'follow'");
    }
    this.#learn(record, response, url);
    if (!ELSEWHERE.test(`${status}`)) return response;
    discard(response);
    return undefined;
  }

  /** Learns from the response where the answer is. */
  #learn(record: AnswerRecord, response: Response, url: string): void {
    const { address, key } = this.#options;
    if (this.#read()?.digest !== record.digest) return;
    const found = record.address ?? address?.(key, response) ?? response.headers.get('Location');
    this.#write(record, found, response.url || url);
  }

  /** Reads the rest, with the caller's headers as they are now. */
  async #resume(record: AnswerRecord, url: string, init: Init): Promise<Response> {
    const { from, origins, fetch } = this.#options;
    const address = record.address ?? refuse(UNKNOWN);
    const { origin } = new URL(address);
    if (![new URL(url).origin, ...(origins ?? [])].includes(origin))
      refuse(`Not among the origins: ${origin}`);
    const headers = toHeadersOfRest(init.headers, this.#isAsked ? '' : from);
    const response = await fetch(address, { ...init, method: 'GET', headers, body: null });
    if (NOTHING_LEFT.test(`${response.status}`)) this.#end(record);
    return response;
  }
}

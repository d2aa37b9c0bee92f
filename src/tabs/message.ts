/** An event: its text without the `id` field, and the last event ID as of it. */
export type Entry = readonly [text: string, id: string | undefined];

/** An event, a comment as the lines that it had, or the reconnection time of a `retry` field. */
export type Item = Entry | string | number;

/** What tabs are told of a response. */
export interface Head {
  readonly url: string;
  readonly status: number;
  readonly headers: [name: string, value: string][];
  /** The beginning of a refused one's body. */
  readonly body?: Uint8Array | undefined;
}

/**
 * What goes over the channel. Never a header of a request.
 *
 * - `roll`: one who is about to lead asks who is there. `epoch` is the newest that it knows.
 * - `who`: a hidden leader asks who is visible.
 * - `here`: the answer, with the sender's position. `epoch` is 0 without an open stream.
 * - `ask`: the sender wants to be brought up to date from its position, or else from its last event ID on.
 * - `state`: the answer: `items` from `position` on, or none if they are forgotten.
 * - `lead`: the sender leads, and has a response if there is a `head`.
 * - `batch`: what came.
 * - `down`: the connection broke, ended, or was refused, in which case there is a `head`.
 * - `claim`: the receiver is to lead, because it is visible.
 */
export interface Message {
  readonly type: 'roll' | 'who' | 'here' | 'ask' | 'state' | 'lead' | 'batch' | 'down' | 'claim';
  readonly from: number;
  readonly to?: number | undefined;
  /** Which leadership this is about. Later ones are larger; the fraction is random, so that no two are the same. */
  readonly epoch: number;
  /** The one before, and how many events there had been when it passed over. */
  readonly previous?: number | undefined;
  readonly base?: number | undefined;
  /** How many events there had been before `items`, or at the sender. */
  readonly position?: number | undefined;
  /** The last event ID there. */
  readonly id?: string | undefined;
  readonly retry?: number | undefined;
  readonly isVisible?: boolean | undefined;
  readonly isEnd?: boolean | undefined;
  readonly head?: Head | undefined;
  readonly items?: readonly Item[] | undefined;
}

const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isNumber = (value: unknown): boolean => value === undefined || (value as number) >= 0;

const isItem = (item: unknown): boolean =>
  Array.isArray(item) ? typeof item[0] === 'string' && isText(item[1]) : /^[sn]/.test(typeof item);

/** Any script of the origin can post anything. What is malformed is ignored. */
export function isMessage(data: unknown): data is Message {
  const { from, to, epoch, previous, base, position, id, retry, head, items = [] } = Object(data);
  return (
    epoch >= 0 &&
    [from, to, previous, base, position, retry].every(isNumber) &&
    isText(id) &&
    (!head || (isText(head.url) && Array.isArray(head.headers))) &&
    Array.isArray(items) &&
    items.every(isItem)
  );
}

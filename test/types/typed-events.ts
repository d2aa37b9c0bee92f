// Compiles because each line under an expectation is an error, and all others are correct.
import {
  type AnyMessageEvent,
  ErrorEvent,
  type EventSourceMessageEvent,
  FetchEventSource,
  type FetchEventSourceInit,
  type Schema,
} from '../../src/index.js';

interface Price {
  amount: number;
  currency: 'EUR' | 'USD';
}
interface Events {
  price: Price;
  message: string;
}
declare function expectNumber(value: number): void;
declare function expectString(value: string): void;
declare const priceSchema: Schema<Price>;
const URL_ = 'https://source.test/';

// without options: text
const plain = new FetchEventSource(URL_);
plain.onmessage = ({ data }) => expectString(data);
plain.addEventListener('message', ({ data }) => expectString(data));
plain.addEventListener('price', ({ data, lastEventId }) => expectString(data + lastEventId));
plain.addEventListener('messageerror', ({ data, error }) => [expectString(data), error]);
// @ts-expect-error: text
plain.onmessage = ({ data }) => expectNumber(data);
// @ts-expect-error: text has no such member
plain.addEventListener('price', ({ data }) => data.amount);

// types by name
const typed = new FetchEventSource<string, Events>(URL_, { parse: JSON.parse });
typed.addEventListener('price', ({ data }) => expectNumber(data.amount));
typed.addEventListener('price', (event) => expectString(event.data.currency));
typed.addEventListener('message', ({ data }) => expectString(data));
typed.onmessage = ({ data }) => expectString(data);
typed.addEventListener('messageerror', ({ data }) => expectString(data));
typed.addEventListener('open', ({ response }) => expectNumber(response?.status ?? 0));
typed.addEventListener('error', ({ reconnectIn }) => expectNumber(reconnectIn ?? 0));
const onPrice = ({ data }: EventSourceMessageEvent<Price>) => expectNumber(data.amount);
typed.addEventListener('price', onPrice, { once: true });
typed.removeEventListener('price', onPrice);
// @ts-expect-error: misspelt
typed.addEventListener('price', ({ data }) => data.amout);
// @ts-expect-error: a number
typed.addEventListener('price', ({ data }) => expectString(data.amount));
// @ts-expect-error: no such currency
typed.addEventListener('price', ({ data }) => data.currency === 'GBP');
// @ts-expect-error: a string
typed.onmessage = ({ data }) => expectNumber(data);
// @ts-expect-error: a string has no such member
typed.onmessage = ({ data }) => data.amount;
// @ts-expect-error: what is not named is of the first type, text
typed.addEventListener('other', ({ data }) => data.amount);
// @ts-expect-error: readonly
typed.addEventListener('price', (event) => (event.data = { amount: 1, currency: 'EUR' }));
// @ts-expect-error: a listener for another event
typed.addEventListener('message', onPrice);
// @ts-expect-error: an Event has no data
typed.addEventListener('open', ({ data }) => data);
// @ts-expect-error: no number makes a Price
new FetchEventSource<string, Events>(URL_, { parse: { price: Number } });

// one type of data
interface Chunk {
  choices: { delta: { content: string } }[];
}
const chunks = new FetchEventSource<Chunk>(URL_, { parse: JSON.parse, done: '[DONE]' });
chunks.onmessage = ({ data }) => expectString(data.choices[0]?.delta.content ?? '');
chunks.addEventListener('any', ({ data }) => data.choices.length);
chunks.addEventListener('messageerror', ({ data }) => expectString(data));
// @ts-expect-error: misspelt
chunks.onmessage = ({ data }) => data.choice;
// @ts-expect-error: a Chunk is no map of events: the first type is the data
new FetchEventSource<Events>(URL_, { parse: JSON.parse }).onmessage = ({ data }) => data.amount;

// and others by name
const mixed = new FetchEventSource<unknown, { price: Price; error: { type: string } }>(URL_, {
  parse: JSON.parse,
});
mixed.addEventListener('price', ({ data }) => expectNumber(data.amount));
// @ts-expect-error: unknown
mixed.addEventListener('other', ({ data }) => data.amount);

// errors: of the library, and where it is named, of the server
plain.onerror = ({ error, message, status }) => [expectString(error.code), expectString(message), status];
plain.addEventListener('error', ({ error }) => error.cause);
mixed.onerror = (event) => {
  if (event.error) expectString(event.error.code + event.message);
  else expectString(event.data.type);
};
mixed.addEventListener('error', (event) => {
  if (event instanceof ErrorEvent) expectString(event.error.code);
  else expectString(event.data.type);
});
// @ts-expect-error: it may be the server's
mixed.onerror = ({ error }) => error.code;

// inferred: from a function
const numbers = new FetchEventSource(URL_, { parse: Number });
numbers.onmessage = ({ data }) => expectNumber(data);
numbers.addEventListener('any', ({ data }) => expectNumber(data));
const lengths = new FetchEventSource(URL_, { parse: (data, type) => data.length + type.length });
lengths.onmessage = ({ data }) => expectNumber(data);
// @ts-expect-error: numbers
numbers.onmessage = ({ data }) => expectString(data);
// @ts-expect-error: numbers have no length
lengths.addEventListener('any', ({ data }) => data.length);
// @ts-expect-error: text comes in
new FetchEventSource(URL_, { parse: (data: number) => data });

// from an object of parsers
const byType = new FetchEventSource(URL_, { parse: { count: Number, price: priceSchema } });
byType.addEventListener('count', ({ data }) => expectNumber(data));
byType.addEventListener('price', ({ data }) => expectNumber(data.amount));
byType.onmessage = ({ data }) => expectString(data);
// @ts-expect-error: a number
byType.addEventListener('count', ({ data }) => expectString(data));
// @ts-expect-error: misspelt
byType.addEventListener('price', ({ data }) => data.amuont);
// @ts-expect-error: neither function nor schema
new FetchEventSource(URL_, { parse: { price: 'json' } });
// @ts-expect-error: neither function, schema nor object
new FetchEventSource(URL_, { parse: 5 });

// from a schema
const valid = new FetchEventSource(URL_, { parse: priceSchema });
valid.onmessage = ({ data }) => expectNumber(data.amount);
valid.addEventListener('any', ({ data }) => expectString(data.currency));
// @ts-expect-error: misspelt
valid.onmessage = ({ data }) => data.amuont;
// @ts-expect-error: the schema is for something else
new FetchEventSource<string, Events>(URL_, { parse: { message: priceSchema } });

// done
export const inits: FetchEventSourceInit[] = [
  { done: '[DONE]' },
  { done: ({ data }) => data === '[DONE]' },
  { done: (event) => event.type === 'message_stop' },
  { done: undefined, parse: undefined },
  // @ts-expect-error: a string or a function
  { done: 5 },
  // @ts-expect-error: the event's data is text
  { done: ({ data }) => data.finished },
  // @ts-expect-error: answers a boolean
  { done: () => 'yes' },
];

// loops
export async function loop(): Promise<void> {
  for await (const event of plain) expectString(event.data);
  for await (const { data } of numbers) expectNumber(data);
  for await (const { data } of chunks) expectString(data.choices[0]?.delta.content ?? '');
  for await (const event of typed) {
    if (event.type === 'price') expectNumber(event.data.amount);
    else expectString(event.data);
    // @ts-expect-error: it may be a string
    event.data.amount;
    // @ts-expect-error: not one of the types
    if (event.type === 'prize') break;
  }
  for await (const { data } of new FetchEventSource<string, { price: Price }>(URL_))
    expectNumber(data.amount);
  for await (const event of new FetchEventSource<string, { price: Price; messageerror: string }>(URL_)) {
    if (event.type === 'messageerror') expectString(event.data);
    else expectNumber(event.data.amount);
  }
  for await (const event of valid) expectNumber(event.data.amount);
  const iterator = typed[Symbol.asyncIterator]();
  const { done, value } = await iterator.next();
  if (!done) expectString((value as AnyMessageEvent<string, Events>).lastEventId);
  await iterator.return?.();
  // @ts-expect-error: not a synchronous one
  for (const event of plain) expectString(event.data);
  // @ts-expect-error: text
  for await (const { data } of plain) expectNumber(data);
}
// @ts-expect-error: a source of one kind is none of another
export const wrong: FetchEventSource<string, Events> = numbers;
export const right: FetchEventSource<string, Events> = typed;

// subclasses and wrappers, which have the type parameters of the class
export class Logged<Data, Events> extends FetchEventSource<Data, Events> {
  constructor(...args: ConstructorParameters<typeof FetchEventSource<Data, Events>>) {
    super(...args);
  }
}
new Logged(URL_, { method: 'POST', parse: Number }).onmessage = ({ data }) => expectNumber(data);
const args: ConstructorParameters<typeof FetchEventSource> = [URL_, { headers: { Accept: 'text/*' } }];
export const wrapped: unknown = new FetchEventSource(...args);

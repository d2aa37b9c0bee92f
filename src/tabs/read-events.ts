import { EventStreamInterpreter, MAX_EVENT_SIZE } from '../stream/interpreter.js';
import type { Item } from './message.js';

/** Interprets bytes, and adds what they complete to the items. */
function createInterpreter(id: string | undefined, items: Item[]): (bytes: Uint8Array) => void {
  let lastId = id;
  const state = { lastEventId: id, reconnectionTime: 0 };
  const add = (text: string) => {
    lastId = state.lastEventId;
    return items.push([text, lastId]) > 0;
  };
  const handlers = {
    onEvent: (type: string, data: string) =>
      add(`${type === 'message' ? '' : `event: ${type}\n`}data: ${data.replaceAll('\n', '\ndata: ')}\n\n`),
    onComment: (comment: string) => items.push(`:${comment}\n`) > 0,
    onRetry: (time: number) => void items.push(time),
  };
  const options = { maxEventSize: MAX_EVENT_SIZE, wantsComments: true };
  const interpreter = new EventStreamInterpreter(state, handlers, options);
  return (bytes) => {
    interpreter.interpret(bytes);
    // An `id` without an event.
    if (state.lastEventId !== lastId) add('\n');
  };
}

/**
 * Reads an event stream to its end. Delivers what each chunk completes.
 *
 * @param id - the last event ID before the stream.
 */
export async function readEvents(
  { body }: Response,
  id: string | undefined,
  deliver: (items: Item[]) => void,
): Promise<void> {
  const items: Item[] = [];
  const interpret = createInterpreter(id, items);
  const reader = body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) return;
    try {
      interpret(value);
    } finally {
      deliver(items.splice(0));
    }
  }
}

import { invoke } from './callbacks.js';
import type { Source } from './options.js';
import { createMessageEvent } from './platform.js';
import type { EventSourceMessageEvent } from './types.js';

/** The event for a message, its data parsed if the caller wants that; `undefined` if it says that all is done. */
export function createMessage(
  { done, parse }: Source,
  type: string,
  init: { data: string; origin: string; lastEventId: string },
): MessageEvent | undefined {
  let isDone: unknown = done === init.data;
  if (typeof done === 'function') {
    const event = createMessageEvent(type, init) as EventSourceMessageEvent;
    invoke(() => {
      const answer: unknown = done(event);
      if (Object(answer).then) throw new TypeError('done: got a promise');
      isDone = answer;
    });
  }
  if (isDone) return undefined;
  try {
    return createMessageEvent(type, parse ? { ...init, data: parse(init.data, type) } : init);
  } catch (error) {
    return Object.assign(createMessageEvent('messageerror', init), { error });
  }
}

import { isEventStream } from '../http/tap.js';
import { EventStreamInterpreter } from '../stream/interpreter.js';
import type { ResumableOptions } from './options.js';

const STATE = { lastEventId: undefined, reconnectionTime: 0 };
const LIMITS = { maxEventSize: Number.POSITIVE_INFINITY, wantsComments: false };
const goOn = () => true;

/** Calls back when the last event of an answer has come. */
export function watchForEnd(
  response: Response,
  done: NonNullable<ResumableOptions['done']>,
  onEnd: () => void,
): void {
  if (!isEventStream(response)) return;
  const state = { ...STATE };
  const onEvent = (type: string, data: string) => {
    if (typeof done === 'function' ? done({ type, data }) : done === data) onEnd();
    return true;
  };
  const handlers = { onEvent, onComment: goOn, onRetry: goOn };
  const interpreter = new EventStreamInterpreter(state, handlers, LIMITS);
  const value = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        interpreter.interpret(chunk);
        controller.enqueue(chunk);
      },
    }),
  );
  // Not another response, which would have no URL.
  Object.defineProperty(response, 'body', { value });
}

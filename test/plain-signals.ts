import { eventStream } from './scripted.js';

/** A signal as polyfills for React Native make it: no reason, no throwIfAborted(), and abort() drops its argument. */
export class PlainController {
  readonly signal = Object.assign(new EventTarget(), { aborted: false }) as unknown as AbortSignal;

  abort(): void {
    if (this.signal.aborted) return;
    Object.assign(this.signal, { aborted: true });
    this.signal.dispatchEvent(new Event('abort'));
  }
}

export const hold = async (): Promise<Response> => eventStream(new ReadableStream());

export async function drain(source: AsyncIterable<unknown>): Promise<unknown> {
  try {
    for await (const _event of source);
    return undefined;
  } catch (error) {
    return error;
  }
}

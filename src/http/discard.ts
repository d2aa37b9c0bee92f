/** Cancels the body of a response or a request, unless somebody is reading it. */
export function discard(message: unknown): void {
  (message as { body?: ReadableStream } | undefined)?.body?.cancel?.()?.catch(() => {});
}

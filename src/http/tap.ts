/** Whether it may be an event stream. The class looks more closely. */
export const isEventStream = ({ status, headers, body }: Response): boolean =>
  status === 200 && !!body && /event-stream/i.test(`${headers.get('Content-Type')}`);

/**
 * Comes between the stream of a response and its reader, and reads nothing ahead.
 *
 * @param onRead - called when the reader asks for more.
 * @param onChunk - called with what comes; with nothing when the stream ends.
 * @returns how to break the stream.
 */
export function tap(
  response: Response,
  onRead: () => void,
  onChunk: (chunk?: Uint8Array) => void,
): (error: unknown) => void {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let fail: (error: unknown) => void = onRead;
  const source: UnderlyingDefaultSource<Uint8Array> = {
    start(controller) {
      fail = (error) => controller.error(error);
    },
    async pull(controller) {
      onRead();
      const { done, value } = await reader.read();
      onChunk(value);
      if (done) return controller.close();
      return controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  };
  // Not another response, which would have no URL, and which not every platform can make of a stream.
  Object.defineProperty(response, 'body', { value: new ReadableStream(source, { highWaterMark: 0 }) });
  return fail;
}

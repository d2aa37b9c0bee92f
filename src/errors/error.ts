/** Why an attempt, or the source as a whole, ended. The union is closed: a `switch` over it can be exhaustive. */
export type FetchEventSourceErrorCode =
  | 'network'
  | 'http-status'
  | 'content-type'
  | 'no-body'
  | 'end-of-stream'
  | 'connect-timeout'
  | 'idle-timeout'
  | 'event-too-large'
  | 'not-resumable'
  | 'redirect'
  | 'headers'
  | 'body'
  | 'aborted';

/**
 * Why a connection ended: the `error` of every `error` event that the library fires.
 *
 * Its message says what was expected, what came, from which origin and path, or what helps. It never holds a header value,
 * a body that was sent, a query, or a user and password.
 */
export class FetchEventSourceError extends Error {
  /** The kind of end. */
  declare readonly code: FetchEventSourceErrorCode;

  /**
   * The refused response, where there is one. Its body is yours if you start reading it inside the `error` listener;
   * otherwise it is cancelled after the event.
   */
  declare readonly response: Response | undefined;

  /** The HTTP status of the refused response, where there is one. */
  declare readonly status: number | undefined;

  constructor(code: FetchEventSourceErrorCode, message: string, cause?: unknown, response?: Response) {
    super(message, (cause && { cause }) as ErrorOptions);
    this.name = 'FetchEventSourceError';
    this.code = code;
    // Not enumerable: a log that shows all members of an error would show the URL and the headers.
    Object.defineProperty(this, 'response', { value: response });
    this.status = response?.status;
  }
}

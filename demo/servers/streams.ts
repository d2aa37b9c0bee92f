import type { Request, Response } from 'express';

/** What an event of a stream says. */
export interface StreamEvent {
  readonly id?: string;
  readonly type?: string;
  readonly data: string;
}

/** For how many clients counts are kept. */
const KEPT_COUNTS = 1000;

/** Starts an event stream. */
export function openStream(response: Response, reconnectionTime?: number): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  // So proxies and clients see the response immediately.
  response.write(reconnectionTime === undefined ? ':\n\n' : `retry: ${reconnectionTime}\n\n`);
}

/** An event as it travels. */
export function formatEvent({ id, type, data }: StreamEvent): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `${id === undefined ? '' : `id: ${id}\n`}${type ? `event: ${type}\n` : ''}${lines.join('')}\n`;
}

export function readLastEventId(request: Request): string {
  return String(request.headers['last-event-id'] ?? '');
}

/** The name that a client gives itself, so that its counts can be compared with ours. */
export function readClient(request: Request): string {
  return String(request.query['client'] ?? '');
}

/** Returns whether it could write: a stream that has ended may not be closed yet. */
function write(response: Response, text: string): boolean {
  const isOpen = !(response.writableEnded || response.destroyed);
  if (isOpen) response.write(text);
  return isOpen;
}

/** The live streams of a server, and how many events each client has been sent. */
export class Streams {
  readonly #live = new Set<Response>();
  readonly #sent = new Map<string, number>();

  get stats(): { streams: number; sent: Record<string, number> } {
    return { streams: this.#live.size, sent: Object.fromEntries(this.#sent) };
  }

  /** Starts a stream. Returns a function that sends events to it. */
  open(request: Request, response: Response, reconnectionTime?: number): (event: StreamEvent) => void {
    openStream(response, reconnectionTime);
    this.#live.add(response);
    response.on('close', () => this.#live.delete(response));
    const client = readClient(request);
    return (event) => {
      if (!write(response, formatEvent(event))) return;
      this.#sent.set(client, (this.#sent.get(client) ?? 0) + 1);
      const [oldest = ''] = this.#sent.keys();
      if (this.#sent.size > KEPT_COUNTS) this.#sent.delete(oldest);
    };
  }

  /** Sends text to all live streams, as it is. */
  write(text: string): void {
    for (const response of this.#live) write(response, text);
  }

  /** Breaks as networks do: in the middle of an event, which must be neither dispatched nor resumed from. */
  cutAll(): void {
    this.write('id: half\ndata: {"ha');
    // Writes leave at the end of the turn.
    for (const response of this.#live) setImmediate(() => response.destroy());
  }

  endAll(): void {
    for (const response of this.#live) response.end();
  }
}

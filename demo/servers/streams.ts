import type { IncomingMessage, ServerResponse } from 'node:http';

/** What an event of a stream says. */
export interface StreamEvent {
  readonly id?: string;
  readonly type?: string;
  readonly data: string;
}

/** Begins an event stream. */
export function openStream(response: ServerResponse, reconnectionTime?: number): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  // Proxies and clients learn at once that the response is there.
  response.write(reconnectionTime === undefined ? ':\n\n' : `retry: ${reconnectionTime}\n\n`);
}

/** An event as it travels. */
export function formatEvent({ id, type, data }: StreamEvent): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `${id === undefined ? '' : `id: ${id}\n`}${type ? `event: ${type}\n` : ''}${lines.join('')}\n`;
}

export function readLastEventId(request: IncomingMessage): string {
  return String(request.headers['last-event-id'] ?? '');
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RecordedRequest, ScriptedResponse } from './scripted.js';

interface Script {
  readonly responses: ScriptedResponse[];
  readonly requests: RecordedRequest[];
  readonly open: Set<ServerResponse>;
}

const CORS = {
  'Access-Control-Allow-Headers': '*, Authorization, Last-Event-ID, Content-Type, Cache-Control',
  'Access-Control-Allow-Methods': '*',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': '*',
  'Access-Control-Max-Age': '600',
};

/**
 * One server for all tests, in Node and in browsers. A test posts the responses that its URL should give, one after the
 * other (the last again and again), and later asks what was requested. `scripted.ts` is its client.
 */
export async function startServer(): Promise<{ url: string; close(): Promise<void> }> {
  const scripts = new Map<string, Script>();

  const server = createServer(async (request, response) => {
    const [, action, id = ''] = (request.url ?? '').split(/[/?]/);
    const reply = (status: number, text = '', headers = {}) =>
      void response.writeHead(status, { ...CORS, ...headers }).end(text);
    if (request.method === 'OPTIONS') return reply(204);
    const body = await read(request);
    if (action === 'scripts') {
      const name = String(scripts.size);
      scripts.set(name, { responses: JSON.parse(body), requests: [], open: new Set() });
      return reply(200, name);
    }
    const script = scripts.get(id);
    if (!script) return reply(404);
    if (action === 'requests')
      return reply(200, JSON.stringify(script.requests), { 'X-Open': script.open.size });
    if (action === 'push' || action === 'cut') {
      for (const open of script.open) action === 'cut' ? open.destroy() : open.write(body);
      return reply(200);
    }
    record(script, request, body);
    return play(script, request, response);
  });
  // Some tests are about cut connections.
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function record(script: Script, request: IncomingMessage, body: string): void {
  script.requests.push({
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers as Record<string, string>,
    body,
  });
}

async function play(script: Script, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const next = script.responses[Math.min(script.requests.length, script.responses.length) - 1] ?? {};
  const { status = 200, headers = {}, chunks = [], after = 'end' } = next;
  script.open.add(response);
  response.on('close', () => script.open.delete(response));
  if (after === 'refuse') return void request.socket.destroy();
  if (after === 'stall') return;
  response.writeHead(status, { 'Content-Type': 'text/event-stream', ...CORS, ...headers });
  response.flushHeaders();
  // Firefox reports a response with its first byte, and so does its own EventSource. A blank line means nothing.
  const isFirefox = request.headers['user-agent']?.includes('Firefox');
  if (isFirefox && after === 'hold' && !chunks.length) response.write('\n');
  for (const chunk of chunks) {
    await new Promise((resolve) => response.write(Buffer.from(chunk, 'latin1'), resolve));
    // A turn of the event loop, so that chunks travel in separate packets.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (after === 'end') response.end();
  if (after === 'cut') response.destroy();
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

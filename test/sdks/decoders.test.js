// The same bytes through the decoders of published packages and through ours. In JavaScript, so that packages which
// only this folder has need no types. `npm run test:sdks` installs them.
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { _iterSSEMessages, Stream } from 'openai/core/streaming';
import { describe, expect, test } from 'vitest';
import { parseEventStream } from '../../src/stream.js';

const delta = (content) =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: { content } }],
  });
const toolCall = (part) =>
  JSON.stringify({
    id: 'chatcmpl-1',
    choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: part } }] } }],
  });
const typed = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const rpc = (message) => JSON.stringify({ jsonrpc: '2.0', ...message });

const OPENAI = {
  'chat completions': `: OPENROUTER PROCESSING\n\n${[
    delta('Grüße, '),
    delta('世界 🎉\n\n'),
    toolCall('{"ci'),
    toolCall('ty":"Köln"}'),
  ]
    .map((data) => `data: ${data}\n\n`)
    .join('')}data: [DONE]\n\ndata: {"after":"the end"}\n\n`,
  responses: [
    typed('response.created', { sequence_number: 0, response: { id: 'resp_1', output: [] } }),
    typed('response.output_text.delta', { sequence_number: 1, delta: 'Héllo: "€"' }),
    typed('response.output_text.delta', { sequence_number: 2, delta: ' 😀' }),
    typed('response.completed', { sequence_number: 3, response: { id: 'resp_1', output: [{ text: 'x' }] } }),
  ].join(''),
  'data in several lines': 'event: a\ndata: {\ndata:  "b":\ndata: 1}\n\ndata:{"c":2}\n\n',
};

const MCP = {
  'a call with progress': [
    'id: 0\nretry: 1500\ndata:\n\n',
    ': ping\n\n',
    `event: message\nid: 1\ndata: ${rpc({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } })}\n\n`,
    `event: other\nid: 2\ndata: {}\n\n`,
    `data: ${rpc({ method: 'notifications/message', params: { level: 'info', data: 'Zürich 🚆' } })}\n\n`,
    `event: message\nid: 3\ndata: ${rpc({ id: 1, result: { content: [{ type: 'text', text: 'a\nb' }] } })}\n\n`,
    // The SDK's parser holds back what ends with the last CR of a stream, because an LF may follow. Nothing may depend
    // on that.
    ': bye\n',
  ].join(''),
};

/** Whole, cut everywhere, and with the other line ends. */
const forms = (text) =>
  ['\n', '\r\n', '\r'].flatMap((end) => {
    const bytes = new TextEncoder().encode(text.replaceAll('\n', end));
    return [1, 2, 7, 1460].map((size) => {
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      return { name: `${JSON.stringify(end)}, ${size} bytes a chunk`, chunks };
    });
  });

const respond = (chunks) => {
  let next = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (next < chunks.length) controller.enqueue(chunks[next++]);
      else controller.close();
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
};

async function collect(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

describe.each(Object.entries(OPENAI))('openai-node, %s', (_name, text) => {
  test.each(forms(text))('$name: the same events', async ({ chunks }) => {
    const theirs = await collect(_iterSSEMessages(respond(chunks), new AbortController()));
    const ours = await collect(parseEventStream(respond(chunks)));
    expect(theirs.length).toBeGreaterThan(1);
    expect(ours).toEqual(
      theirs.map(({ event, data }) => ({ type: event ?? 'message', data, lastEventId: '' })),
    );
  });

  test.each(forms(text))('$name: the same items, up to [DONE]', async ({ chunks }) => {
    const theirs = await collect(Stream.fromSSEResponse(respond(chunks), new AbortController()));
    const ours = [];
    for await (const { data } of parseEventStream(respond(chunks))) {
      if (data === '[DONE]') break;
      ours.push(JSON.parse(data));
    }
    expect(theirs.length).toBeGreaterThan(1);
    expect(ours).toEqual(theirs);
  });
});

test('openai-node delivers an incomplete event at the end, which the standard drops', async () => {
  const chunks = [new TextEncoder().encode('data: 1\n\ndata: 2\n')];
  expect(await collect(Stream.fromSSEResponse(respond(chunks), new AbortController()))).toEqual([1, 2]);
  expect((await collect(parseEventStream(respond(chunks)))).map(({ data }) => data)).toEqual(['1']);
});

/** What the transport reports about a response to a call, in order. */
async function callMcp(chunks) {
  const log = [];
  const transport = new StreamableHTTPClientTransport(new URL('http://mcp.test/'), {
    fetch: async () => respond(chunks),
  });
  const hasEnded = new Promise((resolve, reject) => {
    transport.onmessage = (message) => {
      log.push(message);
      if ('result' in message) resolve();
    };
    transport.onerror = reject;
  });
  await transport.start();
  await transport.send(
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x' } },
    { onresumptiontoken: (token) => log.push(token) },
  );
  await hasEnded;
  // Only the transport itself reads it.
  log.push(transport._serverRetryMs);
  await transport.close();
  return log;
}

/** The same with our decoder instead of theirs. */
async function readMcp(chunks) {
  const log = [];
  let retry;
  let token = '';
  const onRetry = (time) => {
    retry = time;
  };
  for await (const { type, data, lastEventId } of parseEventStream(respond(chunks), { onRetry })) {
    if (lastEventId !== token) log.push(lastEventId);
    token = lastEventId;
    if (data && type === 'message') log.push(JSON.parse(data));
  }
  return [...log, retry];
}

describe.each(Object.entries(MCP))('MCP SDK, %s', (_name, text) => {
  test.each(forms(text))('$name: the same messages, resumption tokens and retry', async ({ chunks }) => {
    const theirs = await callMcp(chunks);
    expect(theirs).toHaveLength(8);
    expect(await readMcp(chunks)).toEqual(theirs);
  });
});

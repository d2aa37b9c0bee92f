// Answers in the wire formats of language model servers, written for these tests.
import { utf8 } from './scripted.js';

type Json = Record<string, unknown>;
type Streams<Name extends string> = Readonly<Record<Name, string>>;

/** As `chunks` of a scripted response, cut regardless of events, lines and characters. */
export const cut = (stream: string): string[] => utf8(stream).match(/.{1,23}/gs) ?? [];

/** Events without a type, as in chat completions and MCP. */
const untyped = (...messages: (Json | string)[]): string =>
  messages
    .map((message) => `data: ${typeof message === 'string' ? message : JSON.stringify(message)}\n\n`)
    .join('');

/** Events whose `event` field repeats the `type` of their data. */
const typed = (...messages: (Json & { type: string })[]): string =>
  messages.map((message) => `event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`).join('');

function chatChunk(delta: Json, finish_reason: string | null = null): Json {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason }];
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'small', choices };
}

const toolPiece = (index: number, json: string, start?: { id: string; name: string }) =>
  chatChunk({
    tool_calls: [
      {
        index,
        ...(start && { id: start.id, type: 'function' }),
        function: { ...(start && { name: start.name }), arguments: json },
      },
    ],
  });

export const chat: Streams<'text' | 'beginning' | 'rest' | 'tools' | 'brokenOff'> = {
  /** With the chunk for usage, which has no choices, and something after the end that must not be delivered. */
  text: untyped(
    chatChunk({ role: 'assistant', content: '', refusal: null }),
    chatChunk({ content: 'Blau – ' }),
    chatChunk({ content: 'wie das Meer 🌊' }),
    chatChunk({}, 'stop'),
    { ...chatChunk({}), choices: [], usage: { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 } },
    '[DONE]',
    chatChunk({ content: 'too late' }),
  ),
  beginning: untyped(chatChunk({ role: 'assistant', content: 'Blau' })),
  rest: untyped(chatChunk({ content: ' wie das Meer' }), chatChunk({}, 'stop')),
  tools: untyped(
    chatChunk({ role: 'assistant', content: null }),
    toolPiece(0, '', { id: 'call_1', name: 'weather' }),
    toolPiece(0, '{"ci'),
    toolPiece(0, 'ty":"Köln"}'),
    toolPiece(1, '{"zone":', { id: 'call_2', name: 'time' }),
    toolPiece(1, '"CET"}'),
    chatChunk({}, 'tool_calls'),
    '[DONE]',
  ),
  brokenOff: untyped(chatChunk({ role: 'assistant', content: 'Bl' }), {
    error: { message: 'The model has crashed', type: 'server_error', param: null, code: null },
  }),
};

const call = { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'weather' };
const item = { item_id: 'fc_1', output_index: 1 };
const text = { item_id: 'msg_1', output_index: 0, content_index: 0 };

export const responses: Streams<'text' | 'tool' | 'completed' | 'failed' | 'error'> = {
  text: typed(
    { type: 'response.created', sequence_number: 0, response: { id: 'resp_1', status: 'in_progress' } },
    { type: 'response.output_text.delta', sequence_number: 1, ...text, delta: 'Einen ' },
    { type: 'response.output_text.delta', sequence_number: 2, ...text, delta: 'Moment …' },
    { type: 'response.output_text.done', sequence_number: 3, ...text, text: 'Einen Moment …' },
    {
      type: 'response.output_item.done',
      sequence_number: 4,
      output_index: 0,
      item: { id: 'msg_1', type: 'message' },
    },
  ),
  tool: typed(
    {
      type: 'response.output_item.added',
      sequence_number: 5,
      output_index: 1,
      item: { ...call, arguments: '' },
    },
    { type: 'response.function_call_arguments.delta', sequence_number: 6, ...item, delta: '{"city":' },
    { type: 'response.function_call_arguments.delta', sequence_number: 7, ...item, delta: '"Köln"}' },
    {
      type: 'response.output_item.done',
      sequence_number: 8,
      output_index: 1,
      item: { ...call, arguments: '{"city":"Köln"}' },
    },
  ),
  completed: typed({
    type: 'response.completed',
    sequence_number: 9,
    response: { id: 'resp_1', status: 'completed' },
  }),
  failed: typed({
    type: 'response.failed',
    sequence_number: 4,
    response: { id: 'resp_1', status: 'failed', error: { code: 'server_error', message: 'It has crashed' } },
  }),
  error: typed({
    type: 'error',
    sequence_number: 4,
    code: 'rate_limit',
    message: 'Too many tokens',
    param: null,
  }),
};

const delta = (index: number, piece: Json) => ({ type: 'content_block_delta', index, delta: piece });

const claudeBeginning = typed(
  { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', content: [] } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'ping' },
  delta(0, { type: 'text_delta', text: 'Ich sehe ' }),
);

export const messages: Streams<'text' | 'tools' | 'brokenOff'> = {
  text: claudeBeginning + typed(delta(0, { type: 'text_delta', text: 'nach.' })),
  tools: typed(
    { type: 'content_block_stop', index: 0 },
    {
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
    },
    delta(1, { type: 'input_json_delta', partial_json: '' }),
    delta(1, { type: 'input_json_delta', partial_json: '{"city": "K' }),
    delta(1, { type: 'input_json_delta', partial_json: 'öln"}' }),
    { type: 'content_block_stop', index: 1 },
    {
      type: 'content_block_start',
      index: 2,
      content_block: { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} },
    },
    { type: 'content_block_stop', index: 2 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null } },
    { type: 'message_stop' },
  ),
  brokenOff:
    claudeBeginning + typed({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
};

const numbered = (id: string, message: Json | string) => `id: ${id}\n${untyped(message)}`;

export const mcp: Streams<'primer' | 'progress' | 'request' | 'result'> = {
  /** The event without data, which exists for its ID, and a `retry`, so that the test need not wait. */
  primer: `retry: 1\n${numbered('s1-0', '')}`,
  progress: numbered('s1-1', {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 1, progress: 0.5 },
  }),
  /** A request from the server with an ID of its own, which is not an answer. */
  request: numbered('s1-2', { jsonrpc: '2.0', id: 1, method: 'roots/list', params: {} }),
  result: numbered('s1-3', { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: '12 °C' }] } }),
};

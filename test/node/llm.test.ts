import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { FetchEventSource, type FetchEventSourceInit } from '../../src/index.js';
import { resumable } from '../../src/resumable.js';
import { chat, cut, mcp, messages, responses } from '../llm-streams.js';
import { type Scripted, type ScriptedResponse, script } from '../scripted.js';
import { readPage, run as runBlock } from './page.js';

const { text, left, take } = readPage('docs/llm.md');

const CHAT = 'https://api.openai.com/v1/chat/completions';
const RESPONSES = 'https://api.openai.com/v1/responses';
const MESSAGES = 'https://api.anthropic.com/v1/messages';
const MCP = 'https://mcp.test/';

const block = {
  chat: take(`'${CHAT}'`),
  chatTools: take('tool_calls'),
  responses: take(`'${RESPONSES}'`),
  messages: take(`'${MESSAGES}'`),
  mcp: take("method: 'GET'"),
  mcpJson: take("'content-type'"),
  refused: take("'Retry-After'"),
  again: take('maxFailures'),
  survives: take('resumable({'),
  relay: take('ReadableStream.from'),
};

const nativeFetch = fetch;
const sources: FetchEventSource[] = [];

class Recorded extends FetchEventSource {
  constructor(url: string, init: FetchEventSourceInit) {
    super(url, init);
    sources.push(this);
  }
}

/** Makes the test's server answer for the real one. */
async function serve(url: string, ...answers: ScriptedResponse[]): Promise<Scripted> {
  const served = await script(...answers);
  vi.stubGlobal('fetch', (to: string, init?: RequestInit) => nativeFetch(to === url ? served.url : to, init));
  return served;
}

afterEach(() => {
  for (const source of sources.splice(0)) source.close();
  vi.unstubAllGlobals();
});

interface Run {
  /** What the block wrote, write by write. */
  readonly written: string[];
  /** What the block logged. Rejects with what it threw. */
  readonly ended: Promise<unknown[][]>;
}

function run(code: string, names: Record<string, unknown> = {}): Run {
  const written: string[] = [];
  const process = { stdout: { write: (piece: string) => piece && written.push(piece) } };
  const given = { apiKey: 'key-1', model: 'small', messages: [], input: 'Hello', tools: [] };
  const ended = runBlock(code, { FetchEventSource: Recorded, process, ...given, ...names });
  // Not every test awaits the end, and none should fail because of that.
  ended.catch(() => {});
  return { written, ended };
}

/** The source that a block makes, for blocks that loop over one. */
const answerOf = (url: string) => new Recorded(url, { method: 'POST', body: '{}', parse: JSON.parse });

const stream = (...parts: string[]): ScriptedResponse => ({ chunks: cut(parts.join('')) });

const refusal = (status: number, message: string, headers = {}): ScriptedResponse => ({
  status,
  headers: { 'Content-Type': 'application/json', ...headers },
  chunks: cut(JSON.stringify({ error: { type: 'some_error', message } })),
});

test('chat completions: the text is written until [DONE], and the request is what the server asks for', async () => {
  const { requests } = await serve(CHAT, { ...stream(chat.text), after: 'hold' });
  const { written, ended } = run(block.chat);
  await ended;
  expect(written).toEqual(['Blau – ', 'wie das Meer 🌊']);
  const sent = await requests();
  expect(sent).toHaveLength(1);
  expect(sent[0]?.headers).toMatchObject({
    authorization: 'Bearer key-1',
    'content-type': 'application/json',
    accept: 'text/event-stream',
  });
  expect(JSON.parse(`${sent[0]?.body}`)).toEqual({ model: 'small', messages: [], stream: true });
});

test('chat completions: [DONE] ends the request even if the server would go on', async () => {
  const { open } = await serve(CHAT, { ...stream(chat.text), after: 'hold' });
  await run(block.chat).ended;
  await expect.poll(open).toBe(0);
});

test('chat completions: a token is written before the next one arrives', async () => {
  const { push } = await serve(CHAT, { ...stream(chat.beginning), after: 'hold' });
  const { written, ended } = run(block.chat);
  await expect.poll(() => written).toEqual(['Blau']);
  await push(chat.rest);
  await expect.poll(() => written).toEqual(['Blau', ' wie das Meer']);
  await push('data: [DONE]\n\n');
  await ended;
});

test('chat completions: an error in the middle is thrown after what came before, and ends the request', async () => {
  const { requests, open } = await serve(CHAT, { ...stream(chat.brokenOff), after: 'hold' });
  const { written, ended } = run(block.chat);
  await expect(ended).rejects.toThrow('The model has crashed');
  expect(written).toEqual(['Bl']);
  await expect.poll(open).toBe(0);
  expect(await requests()).toHaveLength(1);
});

test('chat completions: a clean end without [DONE] ends the loop normally', async () => {
  const { requests } = await serve(CHAT, stream(chat.beginning));
  const { written, ended } = run(block.chat);
  await ended;
  expect(written).toEqual(['Blau']);
  expect(await requests()).toHaveLength(1);
});

test('chat completions: a broken connection is thrown, and no request is repeated', async () => {
  const { requests, cut } = await serve(CHAT, { ...stream(chat.beginning), after: 'hold' });
  const { written, ended } = run(block.chat);
  await expect.poll(() => written).toEqual(['Blau']);
  await cut();
  await expect(ended).rejects.toMatchObject({ code: 'not-resumable' });
  expect(sources[0]?.readyState).toBe(FetchEventSource.CLOSED);
  expect(await requests()).toHaveLength(1);
});

test('chat completions: tool calls in pieces are put together', async () => {
  await serve(CHAT, stream(chat.tools));
  const answer = new Recorded(CHAT, { method: 'POST', body: '{}', parse: JSON.parse, done: '[DONE]' });
  expect(await run(block.chatTools, { answer }).ended).toEqual([
    ['weather', { city: 'Köln' }],
    ['time', { zone: 'CET' }],
  ]);
});

test('chat completions: an error among tool calls is thrown', async () => {
  await serve(CHAT, stream(chat.brokenOff));
  const { ended } = run(block.chatTools, { answer: answerOf(CHAT) });
  await expect(ended).rejects.toThrow('The model has crashed');
});

test('responses: the text is written and the tool call logged, and the end of the stream ends the loop', async () => {
  const { requests } = await serve(RESPONSES, stream(responses.text, responses.tool, responses.completed));
  const { written, ended } = run(block.responses);
  expect(await ended).toEqual([['weather', { city: 'Köln' }]]);
  expect(written).toEqual(['Einen ', 'Moment …']);
  const sent = await requests();
  expect(sent).toHaveLength(1);
  expect(JSON.parse(`${sent[0]?.body}`)).toEqual({ model: 'small', input: 'Hello', tools: [], stream: true });
});

test.each([
  ['a failed response', responses.failed, 'It has crashed'],
  ['an error event', responses.error, 'Too many tokens'],
])('responses: %s in the middle is thrown, and ends the request', async (_, end, message) => {
  const { requests, open } = await serve(RESPONSES, { ...stream(responses.text, end), after: 'hold' });
  const { written, ended } = run(block.responses);
  await expect(ended).rejects.toThrow(message);
  expect(written).toEqual(['Einen ', 'Moment …']);
  await expect.poll(open).toBe(0);
  expect(await requests()).toHaveLength(1);
});

test('messages: the text is written and the tool calls logged, one without arguments too', async () => {
  const { requests } = await serve(MESSAGES, stream(messages.text, messages.tools));
  const { written, ended } = run(block.messages);
  expect(await ended).toEqual([
    ['weather', { city: 'Köln' }],
    ['now', {}],
  ]);
  expect(written).toEqual(['Ich sehe ', 'nach.']);
  const sent = await requests();
  expect(sent).toHaveLength(1);
  expect(sent[0]?.headers).toMatchObject({ 'x-api-key': 'key-1', 'anthropic-version': '2023-06-01' });
});

test('messages: an error event in the middle is thrown, and ends the request', async () => {
  const { requests, open } = await serve(MESSAGES, { ...stream(messages.brokenOff), after: 'hold' });
  const { written, ended } = run(block.messages);
  await expect(ended).rejects.toThrow('Overloaded');
  expect(written).toEqual(['Ich sehe ']);
  await expect.poll(open).toBe(0);
  expect(await requests()).toHaveLength(1);
});

const call = {
  url: MCP,
  params: { name: 'weather', arguments: { city: 'Köln' } },
  session: { 'Mcp-Session-Id': 's', 'MCP-Protocol-Version': '2025-11-25' },
};
const PROGRESS = [{ progressToken: 1, progress: 0.5 }];
const RESULT = [{ content: [{ type: 'text', text: '12 °C' }] }];

test('MCP: one POST whose stream has the result, and the result ends the request', async () => {
  const { requests, open } = await serve(MCP, { ...stream(mcp.progress, mcp.result), after: 'hold' });
  expect(await run(block.mcp, call).ended).toEqual([PROGRESS, RESULT]);
  await expect.poll(open).toBe(0);
  const sent = await requests();
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({
    method: 'POST',
    headers: { accept: 'application/json, text/event-stream', 'mcp-session-id': 's' },
  });
  expect(sent[0]?.headers).not.toHaveProperty('last-event-id');
  expect(JSON.parse(`${sent[0]?.body}`)).toMatchObject({ id: 1, method: 'tools/call', params: call.params });
});

test.each(['end', 'cut'] as const)(
  'MCP: after the %s of its stream, GETs with the last event ID bring the rest, each event once',
  async (after) => {
    const answer = (...events: string[]): ScriptedResponse => ({
      ...stream(...events),
      after: after === 'end' ? after : 'hold',
    });
    const { requests, cut } = await serve(
      MCP,
      answer(mcp.primer),
      answer(mcp.progress, mcp.request),
      stream(mcp.result),
    );
    const { ended } = run(block.mcp, call);
    // Not before it has arrived: a client may lose what comes just before the cut.
    for (const id of after === 'cut' ? ['s1-0', 's1-2'] : []) {
      await expect.poll(() => sources[0]?.lastEventId).toBe(id);
      await cut();
    }
    expect(await ended).toEqual([[undefined], PROGRESS, [{}], RESULT]);
    expect(
      (await requests()).map(({ method, headers, body }) => [
        method,
        headers['last-event-id'],
        headers['mcp-session-id'],
        body !== '',
      ]),
    ).toEqual([
      ['POST', undefined, 's', true],
      ['GET', 's1-0', 's', false],
      ['GET', 's1-2', 's', false],
    ]);
  },
);

test.each<[string, ScriptedResponse, string]>([
  ['a connection that breaks before any ID', { after: 'cut' }, 'network'],
  ['a 500', refusal(500, 'no'), 'http-status'],
])('MCP: %s is thrown, and the call is not POSTed again', async (_, answer, code) => {
  const { requests } = await serve(MCP, answer);
  await expect(run(block.mcp, call).ended).rejects.toMatchObject({ code });
  expect(await requests()).toHaveLength(1);
});

test('MCP: an answer in plain JSON is read', async () => {
  const result = { jsonrpc: '2.0', id: 1, result: { content: [] } };
  await serve(MCP, {
    headers: { 'Content-Type': 'application/json' },
    chunks: cut(JSON.stringify(result)),
  });
  expect(await run(block.mcpJson, { answer: answerOf(MCP) }).ended).toEqual([[result]]);
});

test('MCP: a refusal in JSON is not taken for an answer', async () => {
  await serve(MCP, refusal(400, 'No such session'));
  const { ended } = run(block.mcpJson, { answer: answerOf(MCP) });
  await expect(ended).rejects.toMatchObject({ code: 'http-status', status: 400 });
});

test.each([
  [400, 'messages: must not be empty', null],
  [429, 'Slow down, Jürgen', '20'],
])('a %d can be read in the catch of the loop', async (status, message, retryAfter) => {
  const headers = retryAfter ? { 'Retry-After': retryAfter } : {};
  const { requests } = await serve(CHAT, refusal(status, message, headers));
  const { ended } = run(block.refused, { answer: answerOf(CHAT) });
  expect(await ended).toEqual([[status, message, retryAfter]]);
  expect(await requests()).toHaveLength(1);
});

test('an error other than a refusal passes through the catch of the loop', async () => {
  await serve(CHAT, { after: 'refuse' });
  const { ended } = run(block.refused, { answer: answerOf(CHAT) });
  await expect(ended).rejects.toMatchObject({ code: 'not-resumable' });
});

test('a refused request is repeated, and an answer that breaks off is not', async () => {
  const { requests, cut } = await serve(
    CHAT,
    refusal(529, 'Overloaded'),
    { ...stream(chat.beginning), after: 'hold' },
    stream(chat.text),
  );
  // The default length of the wait does not matter here.
  const code = block.again.replace('maxFailures', 'reconnectionTime: 0, maxBackoff: 0, maxFailures');
  const { written, ended } = run(code, { url: CHAT, headers: {}, body: '{}' });
  await expect.poll(() => written).toEqual(['Blau']);
  await cut();
  await expect(ended).rejects.toMatchObject({ code: 'network' });
  expect(sources[0]?.readyState).toBe(FetchEventSource.CLOSED);
  expect(await requests()).toHaveLength(2);
});

/** The relay's answer, as its reader gets it. */
async function relay(): Promise<Response> {
  const handlers: ((request: Request) => Promise<Response>)[] = [];
  await run(`${block.relay.replace('export ', '')}; handlers.push(POST);`, { handlers }).ended;
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }] });
  const handler = handlers[0] as (typeof handlers)[0];
  return handler(new Request('https://relay.test/', { method: 'POST', body }));
}

test('the relay passes the text on as it arrives, and its end', async () => {
  const { push, requests } = await serve(CHAT, { ...stream(chat.beginning), after: 'hold' });
  const response = await relay();
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  /** The next piece that is not empty; nothing at the end. */
  const read = async () => {
    for (;;) {
      const { value, done = true } = (await reader?.read()) ?? {};
      if (done || value?.length) return decoder.decode(value);
    }
  };
  expect(await read()).toBe('Blau');
  await push(`${chat.rest}data: [DONE]\n\n`);
  expect(await read()).toBe(' wie das Meer');
  expect(await read()).toBe('');
  expect(JSON.parse(`${(await requests())[0]?.body}`).messages).toHaveLength(1);
});

test('the relay ends its request when its reader leaves, even while nothing arrives', async () => {
  const { open } = await serve(CHAT, { ...stream(chat.beginning), after: 'hold' });
  const reader = (await relay()).body?.getReader();
  onTestFinished(() => reader?.releaseLock());
  await reader?.read();
  expect(await open()).toBe(1);
  await reader?.cancel();
  await expect.poll(open).toBe(0);
});

test('no block was left out, and none has more than 15 lines', () => {
  expect([...left]).toEqual([]);
  for (const code of Object.values(block)) expect(code.trim().split('\n').length).toBeLessThanOrEqual(15);
  expect([...text.matchAll(/```\w/g)]).toHaveLength(Object.keys(block).length);
});

test('an answer that survives goes on where it broke, and is asked for once', async () => {
  const requests: string[] = [];
  const token = (id: number, text: string) => `id: ${id}\ndata: {"token":"${text}"}\n\n`;
  vi.stubGlobal('fetch', async (url: string, { method, headers }: RequestInit & { headers: Headers }) => {
    requests.push(`${method} ${url} ${headers.get('Last-Event-ID')}`);
    const body = method === 'POST' ? token(1, 'a') : `${token(2, 'b')}data: [DONE]\n\n`;
    const located = { 'Content-Type': 'text/event-stream', Location: '/answers/1' };
    return new Response(body, { headers: located });
  });
  const chat = { id: 'chat-42', turn: 'turn-1', messages: [], text: '', lastEventId: '' };
  class Local extends Recorded {
    constructor(url: string, init: FetchEventSourceInit) {
      super(`https://chat.test${url}`, { ...init, reconnect: { reconnectionTime: 0 } });
    }
  }
  await run(block.survives, { FetchEventSource: Local, resumable, chat }).ended;
  expect(chat).toMatchObject({ text: 'ab', lastEventId: '2' });
  expect(requests).toEqual(['POST https://chat.test/ask null', 'GET https://chat.test/answers/1 1']);
});

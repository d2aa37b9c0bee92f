import { randomUUID } from 'node:crypto';
import express, { type Request, type Response, Router } from 'express';
import { writeAnswer } from './answers.js';
import { readLastEventId, Streams } from './streams.js';

/** How many answers are kept, so that they can resume after an interruption. */
const KEPT_ANSWERS = 100;

export interface ModelOptions {
  /** Time between tokens, in milliseconds. */
  readonly modelInterval: number;
}

/** An answer in progress. */
interface Completion {
  readonly id: string;
  readonly model: string;
  readonly created: number;
  readonly prompt: string;
  readonly tokens: readonly string[];
  readonly includesUsage: boolean;
  /** How many tokens have been sent. */
  sent: number;
}

/** A stand-in for a language model, with the wire format of OpenAI's chat completions, which many servers use. */
export class Model {
  readonly router: Router = Router();
  readonly #streams = new Streams();
  readonly #interval: number;
  readonly #completions = new Map<string, Completion>();
  #count = 0;

  constructor({ modelInterval }: ModelOptions) {
    this.#interval = modelInterval;
    this.router
      .post('/chat/completions', express.json(), (request, response) => this.#complete(request, response))
      .get('/stats', (_request, response) => {
        const sent = [...this.#completions.values()].map((completion) => [completion.id, completion.sent]);
        response.json({ ...this.#streams.stats, sent: Object.fromEntries(sent) });
      })
      .post('/cut', (_request, response) => {
        this.#streams.cutAll();
        response.end();
      });
  }

  #complete(request: Request, response: Response): void {
    const { messages, stream } = request.body ?? {};
    const hasKey = /^Bearer ./.test(request.headers.authorization ?? '');
    if (!hasKey || !stream || !Array.isArray(messages)) {
      const problem = hasKey ? 'Only stream: true, with messages.' : 'You did not provide an API key.';
      refuse(response, hasKey ? 400 : 401, problem);
      return;
    }
    // The format has no event IDs. With these, an interrupted answer can resume.
    const [id = '', sent] = readLastEventId(request).split('/');
    const completion = this.#completions.get(id) ?? this.#begin(request);
    this.#stream(request, response, completion, Number(sent ?? 0));
  }

  #begin(request: Request): Completion {
    const { messages, model, stream_options } = request.body;
    const prompt = String(messages.at(-1)?.content ?? '');
    const completion = {
      id: `chatcmpl-${randomUUID()}`,
      model: String(model),
      created: Math.floor(Date.now() / 1000),
      prompt,
      tokens: writeAnswer(prompt, this.#count++),
      includesUsage: Boolean(stream_options?.include_usage),
      sent: 0,
    };
    this.#completions.set(completion.id, completion);
    const [oldest = ''] = this.#completions.keys();
    if (this.#completions.size > KEPT_ANSWERS) this.#completions.delete(oldest);
    return completion;
  }

  /** Sends the tokens after those that the client has. */
  #stream(request: Request, response: Response, completion: Completion, after: number): void {
    const send = this.#streams.open(request, response);
    const { id, tokens, includesUsage } = completion;
    let next = after;
    if (!next) send({ data: formatChunk(completion, { role: 'assistant', content: '' }) });
    const timer = setInterval(() => {
      const content = tokens[next];
      if (content !== undefined) {
        completion.sent = Math.max(completion.sent, ++next);
        return send({ id: `${id}/${next}`, data: formatChunk(completion, { content }) });
      }
      clearInterval(timer);
      send({ data: formatChunk(completion, {}, 'stop') });
      if (includesUsage) send({ data: formatUsage(completion) });
      send({ data: '[DONE]' });
      response.end();
    }, this.#interval);
    response.on('close', () => clearInterval(timer));
  }
}

function formatChunk(completion: Completion, delta: object, finish_reason: string | null = null): string {
  return JSON.stringify({ ...formatHead(completion), choices: [{ index: 0, delta, finish_reason }] });
}

function formatUsage(completion: Completion): string {
  const prompt_tokens = completion.prompt.split(/\s+/).length;
  const completion_tokens = completion.tokens.length;
  const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
  return JSON.stringify({ ...formatHead(completion), choices: [], usage });
}

function formatHead({ id, created, model }: Completion): object {
  return { id, object: 'chat.completion.chunk', created, model };
}

function refuse(response: Response, status: number, message: string): void {
  response
    .status(status)
    .json({ error: { message, type: 'invalid_request_error', param: null, code: null } });
}

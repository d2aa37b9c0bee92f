import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { FetchEventSourceInit } from '../types/options.js';
import type { Format } from './output.js';

/** Fits a terminal of 24 lines with 80 columns. */
export const HELP = `Usage: eventsource-fetch [options] <url>

Prints the events of a stream as they come, and connects again when it breaks.

  -H, --header <line>       a request header, 'Name: value'; repeatable
  -X, --request <method>    by default GET, or POST with -d
  -d, --data <text>         the body; @file is read, @- is standard input
      --last-event-id <id>  resume after this event
      --event <type>        print events of this type only; repeatable
      --max <n>             end after n events
      --json                one JSON object a line: type, data, lastEventId
      --raw                 the data alone
      --timestamps          tell when each event came
      --reconnect           connect again after POSTs, errors, failed starts too
      --no-reconnect        end with the first connection
      --idle-timeout <s>    give up a connection that is silent for s seconds
  -v, --verbose             print comments and states on standard error
  -h, --help, --version

Exit status: 0 the stream ended, or --max was reached; 1 it failed; 2 wrong use
of options; 130 interrupted (Ctrl-C); 143 terminated.
`;

const OPTIONS = {
  header: { type: 'string', short: 'H', multiple: true },
  request: { type: 'string', short: 'X' },
  data: { type: 'string', short: 'd' },
  'last-event-id': { type: 'string' },
  event: { type: 'string', multiple: true },
  max: { type: 'string' },
  json: { type: 'boolean' },
  raw: { type: 'boolean' },
  timestamps: { type: 'boolean' },
  reconnect: { type: 'boolean' },
  'no-reconnect': { type: 'boolean' },
  'idle-timeout': { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

/** What the command line asks for. */
export interface Arguments {
  readonly url: string;
  readonly init: FetchEventSourceInit;
  readonly format: Format;
  /** The types of event to print; none is all. */
  readonly types: readonly string[];
  /** How many events to print. */
  readonly max: number;
  readonly isVerbose: boolean;
  /** Whether to go on trying even if there was no connection yet. */
  readonly isPatient: boolean;
}

/** The command line makes no sense. */
export class UsageError extends Error {}

type Values = ReturnType<typeof parse>['values'];

function parse(args: string[]) {
  return parseArgs({ args, options: OPTIONS, allowPositionals: true });
}

/**
 * Reads the command line.
 * @returns text if that is all that was asked for.
 * @throws UsageError without the value of any header or body.
 */
export async function readArguments(args: string[]): Promise<Arguments | 'help' | 'version'> {
  const { values, positionals } = parseStrictly(args);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const [url, ...others] = positionals;
  if (url === undefined || others.length) throw new UsageError('expected one URL');
  return {
    // As curl has it. A scheme by itself could be a host with a port.
    url: /^(\w+:\/\/|data:)/.test(url) ? url : `http://${url}`,
    init: await readInit(values),
    format: readFormat(values),
    types: values.event ?? [],
    max:
      readNumber('--max', values.max, /^[1-9]\d*$/, 'a whole number from 1 on') ?? Number.POSITIVE_INFINITY,
    isVerbose: !!values.verbose,
    isPatient: !!values.reconnect,
  };
}

function readFormat({ json, raw, timestamps }: Values): Format {
  if (json && raw) throw new UsageError('--json and --raw exclude each other');
  return { kind: json ? 'json' : raw ? 'raw' : 'text', hasTime: !!timestamps };
}

function parseStrictly(args: string[]): ReturnType<typeof parse> {
  try {
    return parse(args);
  } catch (error) {
    const { message } = error as Error;
    // Only the first sentence: the rest explains positional arguments that begin with a dash. Its advice about values
    // that do is kept.
    const [sentence = ''] = message.split(/\.?\n|\. /);
    const [, remedy] = /starting with a dash use ('.+?')/.exec(message) ?? [];
    throw new UsageError(remedy ? `${sentence}; write ${remedy}` : sentence);
  }
}

async function readInit(values: Values): Promise<FetchEventSourceInit> {
  const { request, data, reconnect } = values;
  if (reconnect && values['no-reconnect']) {
    throw new UsageError('--reconnect and --no-reconnect exclude each other');
  }
  const idleTimeout = readNumber(
    '--idle-timeout',
    values['idle-timeout'],
    /^\d*\.?\d+$/,
    'a number of seconds',
  );
  return {
    method: request ?? (data === undefined ? 'GET' : 'POST'),
    headers: (values.header ?? []).map(readHeader),
    body: data === undefined ? undefined : await readBody(data),
    lastEventId: values['last-event-id'],
    reconnect: values['no-reconnect'] ? false : reconnect,
    idleTimeout: idleTimeout && idleTimeout * 1000,
  };
}

function readHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new UsageError("--header: expected 'Name: value'");
  return [line.slice(0, colon), line.slice(colon + 1)];
}

function readNumber(
  name: string,
  text: string | undefined,
  pattern: RegExp,
  expected: string,
): number | undefined {
  if (text === undefined) return undefined;
  if (!pattern.test(text)) throw new UsageError(`${name}: expected ${expected}, got ${text}`);
  return Number(text);
}

/** Its type becomes the `Content-Type`, unless a header says otherwise. */
async function readBody(data: string): Promise<Blob> {
  const content = data.startsWith('@') ? await readContent(data.slice(1)) : Buffer.from(data);
  const type = isJson(content.toString()) ? 'application/json' : 'text/plain;charset=UTF-8';
  return new Blob([new Uint8Array(content)], { type });
}

async function readContent(path: string): Promise<Buffer> {
  try {
    if (path !== '-') return await readFile(path);
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch (error) {
    throw new UsageError(`--data: ${(error as Error).message}`);
  }
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

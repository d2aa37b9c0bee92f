import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { FetchEventSourceInit } from '../types/options.js';
import { isFile, readSaved } from './input.js';
import type { Format } from './output.js';
import { SavedId } from './saved-id.js';

/** Fits a terminal of 24 lines with 80 columns. */
export const HELP = `Usage: eventsource-fetch [options] <url | file | ->

  -H, --header <line>       a request header, 'Name: value'; repeatable
  -u, --user <name:secret>  basic authentication
  -X, --request <method>    by default GET, or POST with -d
  -d, --data <text>         the body; @file is read, @- is standard input
  -k, --insecure            accept any certificate
  -i, --include             print the heads of responses
      --connect-timeout <s>, --idle-timeout <s>
                            the longest silence before and after the response
      --last-event-id <id>  resume after this event
      --save-id <file>      resume where the last run stopped, and note where
      --event <type>        print events of this type only; repeatable
      --max <n>, --done <text>    end after n events, or before this data
      --json, --raw         one JSON object a line, or the data alone
      --field <path>        a text in JSON data: choices.0.delta.content
      --timestamps          tell when each event came
      --reconnect           connect again after POSTs, errors, failed starts too
      --no-reconnect        end with the first connection
  -v, --verbose             print comments and states on standard error
  -h, --help, --version     Exit status: 0 ended; 1 failed; 2 wrong options;
                            130 Ctrl-C; 143 terminated
`;

const OPTIONS = {
  header: { type: 'string', short: 'H', multiple: true },
  user: { type: 'string', short: 'u' },
  request: { type: 'string', short: 'X' },
  insecure: { type: 'boolean', short: 'k' },
  include: { type: 'boolean', short: 'i' },
  data: { type: 'string', short: 'd' },
  'last-event-id': { type: 'string' },
  'save-id': { type: 'string' },
  event: { type: 'string', multiple: true },
  max: { type: 'string' },
  done: { type: 'string' },
  field: { type: 'string' },
  json: { type: 'boolean' },
  raw: { type: 'boolean' },
  timestamps: { type: 'boolean' },
  reconnect: { type: 'boolean' },
  'no-reconnect': { type: 'boolean' },
  'connect-timeout': { type: 'string' },
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
  /** Where to note the ID of the last event. */
  readonly savedId: SavedId | undefined;
  /** Whether to print the heads of responses. */
  readonly hasHeads: boolean;
  /** Whether to accept any certificate. */
  readonly isInsecure: boolean;
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
  const [target, ...others] = positionals;
  if (target === undefined || others.length) throw new UsageError('expected one URL');
  const savedId = readSavedId(values['save-id']);
  const init = await readInit(values, savedId);
  return {
    ...readTarget(target, init),
    format: readFormat(values),
    types: values.event ?? [],
    max:
      readNumber('--max', values.max, /^[1-9]\d*$/, 'a whole number from 1 on') ?? Number.POSITIVE_INFINITY,
    savedId,
    hasHeads: !!values.include,
    isInsecure: !!values.insecure,
    isVerbose: !!values.verbose,
    isPatient: !!values.reconnect,
  };
}

function readTarget(target: string, init: FetchEventSourceInit): Pick<Arguments, 'url' | 'init'> {
  if (isFile(target)) {
    if (init.body) throw new UsageError('--data: not with a file');
    const saved = readSaved(target);
    return { url: saved.url, init: { ...init, ...saved.init } };
  }
  // As curl has it. A scheme by itself could be a host with a port.
  return { url: /^(\w+:\/\/|data:)/.test(target) ? target : `http://${target}`, init };
}

function readSavedId(file: string | undefined): SavedId | undefined {
  try {
    return file === undefined ? undefined : new SavedId(file);
  } catch (error) {
    throw new UsageError(`--save-id: ${(error as Error).message}`);
  }
}

function readFormat({ json, raw, field, timestamps }: Values): Format {
  if (json && raw) throw new UsageError('--json and --raw exclude each other');
  if (field && (json || raw)) throw new UsageError('--field excludes --json and --raw');
  return { kind: json ? 'json' : raw ? 'raw' : 'text', hasTime: !!timestamps, field: field?.split('.') };
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

async function readInit(values: Values, savedId: SavedId | undefined): Promise<FetchEventSourceInit> {
  const { request, data, reconnect, user, done } = values;
  if (reconnect && values['no-reconnect']) {
    throw new UsageError('--reconnect and --no-reconnect exclude each other');
  }
  return {
    method: request ?? (data === undefined ? 'GET' : 'POST'),
    headers: [...readUser(user, values.header), ...(values.header ?? []).map(readHeader)],
    body: data === undefined ? undefined : await readBody(data),
    lastEventId: values['last-event-id'] ?? savedId?.value,
    reconnect: values['no-reconnect'] ? false : reconnect,
    done,
    connectTimeout: readTime('--connect-timeout', values['connect-timeout']),
    idleTimeout: readTime('--idle-timeout', values['idle-timeout']),
  };
}

/** Seconds, in milliseconds. */
function readTime(name: string, text: string | undefined): number | undefined {
  const seconds = readNumber(name, text, /^\d*\.?\d+$/, 'a number of seconds');
  return seconds && seconds * 1000;
}

/** The header for a user, unless there is one anyway. */
function readUser(user: string | undefined, lines: string[] = []): [string, string][] {
  if (user === undefined || lines.some((line) => /^authorization\s*:/i.test(line))) return [];
  // curl would ask for the password.
  if (!user.includes(':')) throw new UsageError("--user: expected 'name:password'");
  return [['Authorization', `Basic ${Buffer.from(user).toString('base64')}`]];
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

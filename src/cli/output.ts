import { defuse } from '../errors/text.js';

/** How events are printed. */
export interface Format {
  readonly kind: 'text' | 'json' | 'raw';
  readonly hasTime: boolean;
  /** The way to a text in JSON data, printed in the place of events. */
  readonly field?: readonly string[] | undefined;
}

/** What is printed of an event. */
export interface Printable {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

/** Where it is printed: standard output or standard error. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
}

const DIM = 2;
const RED = 31;
const CYAN = 36;

/** Whether a terminal shows colours, and nobody has asked for none (https://no-color.org). */
export const hasColors = (output: Output, env: NodeJS.ProcessEnv): boolean =>
  !!output.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

const paint = (isColored: boolean, color: number, text: string) =>
  isColored ? `\x1b[${color}m${text}\x1b[0m` : text;

const escapeCode = (character: string) => character.charCodeAt(0).toString(16).padStart(2, '0');

/** What a server sends must not steer the terminal. Tabs and newlines do no harm there. */
export const defuseLines = (text: string): string => text.replace(/[^\t\n]+/g, defuse);

/** As one line of JSON, in which the control characters are escaped that JSON.stringify() leaves as they are. */
const toJson = (value: object): string =>
  JSON.stringify(value).replace(/[\x7f-\x9f]/g, (character) => `\\u00${escapeCode(character)}`);

/** What is at the end of the path in JSON data, as text; none where there is nothing. No newline is added. */
export function formatField(data: string, path: readonly string[], output: Output): string {
  let value: unknown;
  try {
    value = path.reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], JSON.parse(data));
  } catch {
    // No JSON, or nothing there.
  }
  if (value === undefined || value === null) return '';
  return visible(typeof value === 'string' ? value : JSON.stringify(value), output);
}

/** The head of a response, as `curl -i` has it. */
export function formatHead({ status, statusText, headers }: Response, output: Output): string {
  const lines = [`HTTP ${status} ${statusText}`.trim()];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  return `${visible(lines.join('\n'), output)}\n\n`;
}

/** An event as text that ends with a newline. */
export function formatEvent(
  { type, data, lastEventId }: Printable,
  { kind, hasTime }: Format,
  output: Output,
  env: NodeJS.ProcessEnv,
): string {
  const time = hasTime ? new Date().toISOString() : undefined;
  if (kind === 'json') return `${toJson({ time, type, data, lastEventId })}\n`;
  const isColored = hasColors(output, env);
  const parts = kind === 'raw' ? [] : [paint(isColored, CYAN, visible(type, output))];
  if (time) parts.unshift(paint(isColored, DIM, time));
  if (kind === 'text' && lastEventId) parts.push(paint(isColored, DIM, `#${visible(lastEventId, output)}`));
  // Indented, so that `grep` finds types only at the beginning of lines.
  const text = kind === 'raw' ? data : data.replaceAll('\n', '\n  ');
  if (text || kind === 'raw') parts.push(visible(text, output));
  return `${parts.join(' ')}\n`;
}

const visible = (text: string, output: Output) => (output.isTTY ? defuseLines(text) : text);

/**
 * The state of the connection, on standard error. In a terminal: one line, redrawn below the events. With -v, or if the
 * events go elsewhere: a line per state. Without a terminal: nothing.
 */
export class Status {
  readonly #output: Output;
  readonly #kind: 'redrawn' | 'lines' | 'none';
  readonly #isColored: boolean;
  #text = '';

  constructor(output: Output, events: Output, isVerbose: boolean, env: NodeJS.ProcessEnv) {
    this.#output = output;
    this.#isColored = hasColors(output, env);
    this.#kind = isVerbose ? 'lines' : !output.isTTY ? 'none' : events.isTTY ? 'redrawn' : 'lines';
  }

  /** Whether the line is drawn anew, so that it may count seconds and events. */
  get isRedrawn(): boolean {
    return this.#kind === 'redrawn';
  }

  show(text: string): void {
    this.clear();
    const line = visible(text, this.#output);
    // A wrapped line could not be erased.
    this.#text = this.isRedrawn ? line.slice(0, (this.#output.columns || 80) - 1) : line;
    this.draw();
    if (this.#kind === 'lines') this.#output.write('\n');
  }

  draw(): void {
    if (this.#kind !== 'none') this.#output.write(paint(this.#isColored, DIM, this.#text));
  }

  /** Makes room for something else. */
  clear(): void {
    if (this.isRedrawn) this.#output.write('\r\x1b[K');
  }

  /** Says what went wrong, whoever watches. */
  fail(message: string): void {
    this.clear();
    const text = visible(message, this.#output);
    this.#output.write(`${paint(this.#isColored, RED, 'eventsource-fetch:')} ${text}\n`);
  }
}

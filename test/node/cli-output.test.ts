import { describe, expect, test } from 'vitest';
import {
  type Format,
  formatEvent,
  formatField,
  formatHead,
  type Output,
  Status,
} from '../../src/cli/output.js';

/** What was written, to a terminal or not. */
function fake(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  return { isTTY, columns, write, written } satisfies Output & { written: string[] };
}

const TEXT: Format = { kind: 'text', hasTime: false };
const event = { type: 'price', data: 'a', lastEventId: '7' };

describe('events', () => {
  test('have colours only in a terminal, unless they are turned off', () => {
    const colored = '\x1b[36mprice\x1b[0m \x1b[2m#7\x1b[0m a\n';
    expect(formatEvent(event, TEXT, fake(true), {})).toBe(colored);
    expect(formatEvent(event, TEXT, fake(true), { NO_COLOR: '' })).toBe(colored);
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      expect(formatEvent(event, TEXT, fake(true), env)).toBe('price #7 a\n');
    }
    expect(formatEvent(event, TEXT, fake(false), {})).toBe('price #7 a\n');
  });

  test('cannot control the terminal, but are unchanged elsewhere', () => {
    const hostile = { type: 't\x1b[1m', data: '\x1b]0;title\x07\ttab\n\r\x9b2J', lastEventId: '\x7f' };
    const env = { NO_COLOR: '1' };
    const shown = 't\\x1B[1m #\\x7F \\x1B]0;title\\x07\ttab\n  \\x0D\\x9B2J\n';
    expect(formatEvent(hostile, TEXT, fake(true), env)).toBe(shown);
    const raw: Format = { kind: 'raw', hasTime: false };
    expect(formatEvent(hostile, raw, fake(true), env)).toBe('\\x1B]0;title\\x07\ttab\n\\x0D\\x9B2J\n');
    expect(formatEvent(hostile, raw, fake(false), env)).toBe(`${hostile.data}\n`);
    const json: Format = { kind: 'json', hasTime: false };
    const line = formatEvent(hostile, json, fake(true), env);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
    expect(line.trimEnd()).not.toMatch(/[\0-\x1f\x7f-\x9f]/);
    expect(JSON.parse(line)).toEqual(hostile);
  });

  test('nor can their fields, nor the heads of responses', () => {
    const data = JSON.stringify({ a: ['x\x1b[2J'] });
    expect(formatField(data, ['a', '0'], fake(true))).toBe('x\\x1B[2J');
    expect(formatField(data, ['a', '0'], fake(false))).toBe('x\x1b[2J');
    const response = new Response('', { statusText: '\x9b2J', headers: { 'X-A': '\x9b2J' } });
    expect(formatHead(response, fake(true))).toMatch(/^HTTP 200 \\x9B2J\n(.+\n)*x-a: \\x9B2J\n\n$/);
  });

  test.each(['a', '', 'null', '{"a":null}', '{"b":1}', '"text"', '[]'])('%j has no field', (data) => {
    expect(formatField(data, ['a', 'b'], fake(false))).toBe('');
    expect(formatField(data, ['a'], fake(false))).toBe('');
  });
});

describe('the status', () => {
  const env = { NO_COLOR: '1' };

  test('is one line in a terminal, which is redrawn and erased', () => {
    const terminal = fake(true, 10);
    const status = new Status(terminal, fake(true), false, env);
    status.show('connecting to somewhere');
    status.show('open');
    status.clear();
    expect(terminal.written.join('')).toBe('\r\x1b[Kconnectin\r\x1b[Kopen\r\x1b[K');
  });

  test('is a line for each state where the events go elsewhere, or on request', () => {
    for (const [isTTY, isVerbose] of [
      [true, false],
      [false, true],
    ] as const) {
      const output = fake(isTTY);
      const status = new Status(output, fake(false), isVerbose, env);
      status.show('connecting');
      status.clear();
      status.show('open');
      expect(output.written.join('')).toBe('connecting\nopen\n');
    }
  });

  test('is nothing where nobody watches, except for errors', () => {
    const output = fake(false);
    const status = new Status(output, fake(false), false, env);
    status.show('connecting');
    status.clear();
    status.fail('no');
    expect(output.written.join('')).toBe('eventsource-fetch: no\n');
  });

  test('shows errors without controlling the terminal', () => {
    const terminal = fake(true);
    new Status(terminal, fake(true), false, {}).fail('no\x1b[2J');
    expect(terminal.written.join('')).toBe('\r\x1b[K\x1b[31meventsource-fetch:\x1b[0m no\\x1B[2J\n');
    const another = fake(true);
    new Status(another, fake(true), false, env).show('got 503 \x9b31m');
    expect(another.written.join('')).toBe('\r\x1b[Kgot 503 \\x9B31m');
  });

  test('is complete in a terminal that does not know its width', () => {
    const terminal = fake(true, 0);
    new Status(terminal, fake(true), false, env).show('open');
    expect(terminal.written.join('')).toBe('\r\x1b[Kopen');
  });
});

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HELP } from '../../src/cli/arguments.js';
import { script, utf8 } from '../scripted.js';

interface Run {
  readonly child: ChildProcessWithoutNullStreams;
  stdout: string;
  stderr: string;
  /** The exit status, or the signal that ended the program, once its output is complete. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** The program that its first line names, whatever runs the tests. */
const NODE = process.versions['deno'] || process.versions['bun'] ? 'node' : process.execPath;

/** Starts the built program. The end of the test ends it. */
function start(...args: string[]): Run {
  const child = spawn(NODE, ['dist/cli.js', ...args], {
    env: { ...process.env, NO_COLOR: undefined, NODE_OPTIONS: '' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([status, signal]) => status ?? signal);
  const run: Run = { child, stdout: '', stderr: '', ended };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    run.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    run.stderr += text;
  });
  return run;
}

/** Runs it until it exits. */
async function finish(...args: string[]) {
  const run = start(...args);
  run.child.stdin.end();
  const status = await run.ended;
  return { status, stdout: run.stdout, stderr: run.stderr };
}

const EVENTS = utf8(
  'data: first\n\nevent: price\nid: 7\ndata: {"amount":1}\n\ndata: a\ndata: b 😀\n\nevent: end\ndata:\n\n',
);

describe('events are printed', () => {
  test('with their types, last event IDs and data, and nothing else', async () => {
    const { url } = await script({ chunks: [EVENTS] });
    expect(await finish(url, '--no-reconnect')).toEqual({
      status: 0,
      stdout: 'message first\nprice #7 {"amount":1}\nmessage #7 a\n  b 😀\nend #7\n',
      stderr: '',
    });
  });

  test('as JSON, one object per line, with --json', async () => {
    const { url } = await script({ chunks: [EVENTS] });
    const { stdout } = await finish(url, '--no-reconnect', '--json');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { type: 'message', data: 'first', lastEventId: '' },
      { type: 'price', data: '{"amount":1}', lastEventId: '7' },
      { type: 'message', data: 'a\nb 😀', lastEventId: '7' },
      { type: 'end', data: '', lastEventId: '7' },
    ]);
  });

  test('as their data alone with --raw', async () => {
    const { url } = await script({ chunks: [EVENTS] });
    const { stdout } = await finish(url, '--no-reconnect', '--raw');
    expect(stdout).toBe('first\n{"amount":1}\na\nb 😀\n\n');
  });

  test('with the time with --timestamps, in every form', async () => {
    const { url } = await script({ chunks: ['data: a\n\n'] });
    const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
    const args = [url, '--no-reconnect', '--timestamps'];
    expect((await finish(...args)).stdout).toMatch(new RegExp(`^${time} message a\n$`));
    expect((await finish(...args, '--raw')).stdout).toMatch(new RegExp(`^${time} a\n$`));
    expect((await finish(...args, '--json')).stdout).toMatch(new RegExp(`^{"time":"${time}","type":`));
  });

  test('only those with the types that --event names', async () => {
    const { url } = await script({ chunks: [EVENTS] });
    const { stdout } = await finish(url, '--no-reconnect', '--raw', '--event', 'price', '--event', 'end');
    expect(stdout).toBe('{"amount":1}\n\n');
  });

  test('as they arrive', async () => {
    const stream = await script({ after: 'hold' });
    const run = start(stream.url, '--raw');
    await expect.poll(stream.open).toBe(1);
    await stream.push('data: a\n\n');
    await expect.poll(() => run.stdout).toBe('a\n');
    await stream.push('data: b\n\n');
    await expect.poll(() => run.stdout).toBe('a\nb\n');
  });

  test('whatever their type, error and open too', async () => {
    const { url } = await script({ chunks: ['event: error\ndata: a\n\nevent: open\ndata: b\n\n'] });
    const { stdout, stderr } = await finish(url, '--no-reconnect');
    expect([stdout, stderr]).toEqual(['error a\nopen b\n', '']);
  });
});

describe('the request', () => {
  const requestOf = async (...args: string[]) => {
    const stream = await script({ chunks: ['data: a\n\n'] });
    const { status, stderr } = await finish(stream.url, '--max', '1', ...args);
    expect([status, stderr]).toEqual([0, '']);
    return (await stream.requests())[0];
  };

  test('has the headers that -H gives', async () => {
    const request = await requestOf('-H', 'Authorization: Bearer a:b', '--header', 'X-Empty:', '-H', 'X-A:1');
    expect(request).toMatchObject({
      method: 'GET',
      headers: { authorization: 'Bearer a:b', 'x-empty': '', 'x-a': '1', accept: 'text/event-stream' },
    });
  });

  test('has the method that -X gives', async () => {
    expect(await requestOf('-X', 'REPORT')).toMatchObject({ method: 'REPORT', body: '' });
  });

  test('has the ID that --last-event-id gives', async () => {
    expect((await requestOf('--last-event-id', '7'))?.headers['last-event-id']).toBe('7');
  });

  test('is a POST of the body that -d gives, of the type that it looks like', async () => {
    expect(await requestOf('-d', '{"a":"é"}')).toMatchObject({
      method: 'POST',
      body: '{"a":"é"}',
      headers: { 'content-type': 'application/json' },
    });
    expect(await requestOf('--data', 'a=b')).toMatchObject({
      method: 'POST',
      body: 'a=b',
      headers: { 'content-type': 'text/plain;charset=utf-8' },
    });
  });

  test('has the content type that -H gives', async () => {
    const request = await requestOf('-X', 'PUT', '-d', '{}', '-H', 'Content-Type: application/x+json');
    expect(request).toMatchObject({ method: 'PUT', headers: { 'content-type': 'application/x+json' } });
  });

  test('has the body from a file with -d @file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'body'), 'from\na file\n');
    expect(await requestOf('-d', `@${join(folder, 'body')}`)).toMatchObject({ body: 'from\na file\n' });
  });

  test('has the body from standard input with -d @-', async () => {
    const stream = await script({ chunks: ['data: a\n\n'] });
    const { child, ended } = start(stream.url, '-d', '@-');
    child.stdin.end('from a pipe');
    expect(await ended).toBe(0);
    expect((await stream.requests())[0]?.body).toBe('from a pipe');
  });

  test('goes to a host without a scheme over http', async () => {
    const { url } = await script({ chunks: ['data: a\n\n'] });
    expect((await finish(url.replace('http://', ''), '--max', '1')).stdout).toBe('message a\n');
  });
});

describe('it ends', () => {
  test('after printing as many events as --max says, and closes the connection', async () => {
    const stream = await script({ chunks: [EVENTS], after: 'hold' });
    const { status, stdout } = await finish(stream.url, '--max', '2', '--event', 'message', '--raw');
    expect([status, stdout]).toEqual([0, 'first\na\nb 😀\n']);
    await expect.poll(stream.open).toBe(0);
  });

  test('successfully when the answer to a POST ends', async () => {
    const stream = await script({ chunks: ['data: a\n\n'] });
    expect((await finish(stream.url, '-X', 'POST')).status).toBe(0);
    expect(await stream.requests()).toHaveLength(1);
  });

  test('with a failure when the only connection breaks', async () => {
    const { url } = await script({ chunks: ['data: a\n\n'], after: 'cut' });
    const { status, stdout, stderr } = await finish(url, '--no-reconnect');
    expect([status, stdout]).toEqual([1, 'message a\n']);
    expect(stderr).toMatch(/^eventsource-fetch: Connection lost \(\w+\): .+\n$/);
  });

  test('with a failure and the server’s explanation when the response is refused', async () => {
    const { url } = await script({
      status: 401,
      headers: { 'Content-Type': 'application/json' },
      chunks: ['{"error":"token expired\x1b[2J"}'],
    });
    expect(await finish(url, '-H', 'Authorization: Bearer secret')).toEqual({
      status: 1,
      stdout: '',
      stderr:
        `eventsource-fetch: Expected 200 text/event-stream, got 401 application/json from ${url}\n` +
        '{"error":"token expired\x1b[2J"}\n',
    });
  });

  test('with a failure, even if the refused response never ends', async () => {
    const { url } = await script({ headers: { 'Content-Type': 'text/plain' }, after: 'hold' });
    const { status, stderr } = await finish(url);
    expect(status).toBe(1);
    expect(stderr).toBe(
      `eventsource-fetch: Expected 200 text/event-stream, got 200 text/plain from ${url}\n`,
    );
  });

  test('with a failure when there is no first connection', async () => {
    const stream = await script({ after: 'refuse' });
    const { status, stderr } = await finish(stream.url);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^eventsource-fetch: Connection failed \(\w+\): /);
    expect(await stream.requests()).toHaveLength(1);
  });

  test('with a failure after the silence that --idle-timeout allows', async () => {
    const { url } = await script({ chunks: ['data: a\n\n'], after: 'hold' });
    expect(await finish(url, '--no-reconnect', '--idle-timeout', '.5')).toEqual({
      status: 1,
      stdout: 'message a\n',
      stderr: 'eventsource-fetch: Nothing came for 500 ms\n',
    });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('on %s, with the status of its kind, and closes the connection', async (signal, status) => {
    const stream = await script({ chunks: ['data: a\n\n'], after: 'hold' });
    const run = start(stream.url);
    await expect.poll(() => run.stdout).toBe('message a\n');
    run.child.kill(signal);
    expect(await run.ended).toBe(status);
    expect(run.stderr).toBe('');
    await expect.poll(stream.open).toBe(0);
  });

  test('on SIGINT while it waits', async () => {
    const stream = await script({ status: 503 });
    const run = start(stream.url, '--reconnect', '--verbose');
    await expect.poll(() => run.stderr).toMatch(/got 503 .*; waiting \d+ s\n$/);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    expect(await stream.requests()).toHaveLength(1);
  });

  test('on SIGINT while it reads standard input', async () => {
    const run = start('localhost', '-d', '@-');
    // It reads: a pipe that nobody reads holds less than this.
    await new Promise((resolve) => run.child.stdin.write('a'.repeat(1_000_000), resolve));
    run.child.kill('SIGINT');
    expect(await run.ended).toBe('SIGINT');
  });

  // Linux has a device that is always full.
  test.runIf(existsSync('/dev/full')).each([[], ['--max', '1'], ['--help']])(
    'with a failure when its output cannot be written (%j)',
    async (...args) => {
      const { url } = await script({ chunks: ['data: a\n\n'], after: 'hold' });
      const child = spawn(NODE, ['dist/cli.js', url, ...args], {
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      });
      let stderr = '';
      child.stderr?.on('data', (text) => {
        stderr += text;
      });
      expect(await once(child, 'close')).toEqual([1, null]);
      expect(stderr).toMatch(/^eventsource-fetch: ENOSPC: .*\n$/);
    },
  );

  test('with advice about a POST that breaks', async () => {
    const { url } = await script({ chunks: ['data: a\n\n'], after: 'cut' });
    const { status, stderr } = await finish(url, '-X', 'POST');
    expect([status, stderr.split(':', 2)]).toEqual([
      1,
      ['eventsource-fetch', ' Not repeated, pass --reconnect'],
    ]);
  });

  test('quietly when nobody reads any more', async () => {
    const stream = await script({ chunks: ['data: a\n\n'], after: 'hold' });
    const run = start(stream.url);
    await expect.poll(() => run.stdout).toBe('message a\n');
    run.child.stdout.destroy();
    let hasEnded = false;
    void run.ended.then(() => {
      hasEnded = true;
    });
    await expect
      .poll(async () => {
        await stream.push('data: b\n\n');
        return hasEnded;
      })
      .toBe(true);
    expect([await run.ended, run.stderr]).toEqual([0, '']);
  });
});

describe('it connects again', () => {
  test('when the stream ends, after the last event', async () => {
    const stream = await script(
      { chunks: ['retry: 1\nid: 7\ndata: a\n\n'] },
      { chunks: ['data: b\n\n'], after: 'hold' },
    );
    const { status, stdout } = await finish(stream.url, '--max', '2');
    expect([status, stdout]).toEqual([0, 'message #7 a\nmessage #7 b\n']);
    expect((await stream.requests())[1]?.headers['last-event-id']).toBe('7');
  });

  test('for a POST only with --reconnect', async () => {
    const stream = await script({ chunks: ['retry: 1\ndata: a\n\n'] });
    const { status } = await finish(stream.url, '-d', 'x', '--reconnect', '--max', '2');
    expect(status).toBe(0);
    expect((await stream.requests()).map(({ method, body }) => method + body)).toEqual(['POSTx', 'POSTx']);
  });

  test('even if there is no first connection, with --reconnect', async () => {
    const stream = await script({ after: 'refuse' }, { chunks: ['data: a\n\n'], after: 'hold' });
    const { status, stdout } = await finish(stream.url, '--reconnect', '--max', '1');
    expect([status, stdout]).toEqual([0, 'message a\n']);
  });
});

test('states and comments are lines on standard error with --verbose', async () => {
  const stream = await script(
    { chunks: [': hi\x1b[2J\nretry: 1\ndata: a\n\n'] },
    { chunks: ['data: b\n\n'], after: 'hold' },
  );
  const { stdout, stderr } = await finish(stream.url, '--max', '2', '-v');
  const { host } = new URL(stream.url);
  expect(stdout).toBe('message a\nmessage b\n');
  expect(stderr).toBe(`connecting to ${host}\nopen\n: hi\\x1B[2J\nStream ended; waiting 1 s\nopen\n`);
});

describe('a saved stream', () => {
  const inFolder = (name: string, text?: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'saved-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    if (text !== undefined) writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test('is read from a file, to its end', async () => {
    const file = inFolder('saved', 'id: 1\ndata: a\n\ndata: b\n\ndata: cut');
    expect(await finish(file)).toEqual({ status: 0, stdout: 'message #1 a\nmessage #1 b\n', stderr: '' });
    const { status, stderr } = await finish(file, '-d', 'x');
    expect([status, stderr]).toEqual([2, expect.stringContaining('--data: not with a file')]);
  });

  test('is read from standard input with -', async () => {
    const run = start('-', '--max', '2');
    run.child.stdin.end('data: a\n\ndata: b\n\ndata: c\n\n');
    expect(await run.ended).toBe(0);
    expect(run.stdout).toBe('message a\nmessage b\n');
  });

  test('--save-id notes the last event that was printed, and resumes after it', async () => {
    const file = inFolder('id');
    const stream = await script({ chunks: ['id: 7\ndata: a\n\nid: 8\ndata: b\n\n'] });
    await finish(stream.url, '--save-id', file, '--max', '1', '--no-reconnect');
    expect(readFileSync(file, 'utf8')).toBe('7\n');
    await finish(stream.url, '--save-id', file, '--no-reconnect');
    expect(readFileSync(file, 'utf8')).toBe('8\n');
    await finish(stream.url, '--save-id', file, '--last-event-id', '3', '--no-reconnect');
    const ids = (await stream.requests()).map(({ headers }) => headers['last-event-id']);
    expect(ids).toEqual([undefined, '7', '3']);
    const { status, stderr } = await finish(stream.url, '--save-id', join(file, 'none'));
    expect([status, stderr]).toEqual([2, expect.stringContaining('--save-id: ENOTDIR')]);
  });
});

describe('an answer', () => {
  const chunk = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

  test('is printed as text with --field, and ends at --done', async () => {
    const { url } = await script({
      chunks: [
        utf8(`${chunk('The sky\n')}${chunk('is blü')}data: {}\n\ndata: no\n\ndata: [DONE]\n\n${chunk('!')}`),
      ],
      after: 'hold',
    });
    expect(await finish(url, '--field', 'choices.0.delta.content', '--done', '[DONE]')).toEqual({
      status: 0,
      stdout: 'The sky\nis blü\n',
      stderr: '',
    });
  });

  test('is JSON where the field is no text', async () => {
    const { url } = await script({ chunks: [chunk('a')] });
    const { stdout } = await finish(url, '--field', 'choices.0', '--no-reconnect');
    expect(stdout).toBe('{"delta":{"content":"a"}}\n');
  });
});

describe('as curl has it', () => {
  test('-u is a user and a password, unless a header says otherwise', async () => {
    const stream = await script({ chunks: ['data: a\n\n'] });
    await finish(stream.url, '-u', 'jürgen:p:w', '--no-reconnect');
    await finish(stream.url, '-u', 'a:b', '-H', 'authorization: Bearer x', '--no-reconnect');
    const sent = (await stream.requests()).map(({ headers }) => headers['authorization']);
    expect(sent).toEqual([`Basic ${Buffer.from('jürgen:p:w').toString('base64')}`, 'Bearer x']);
  });

  test('-i prints the heads of responses, of refused ones too', async () => {
    const { url } = await script(
      { chunks: ['data: a\n\n'], headers: { 'X-Served-By': 'one' } },
      { status: 403, headers: { 'X-Served-By': 'two' } },
    );
    const { stdout } = await finish(url, '-i', '--no-reconnect');
    expect(stdout).toMatch(/^HTTP 200 OK\n(.+\n)*x-served-by: one\n(.+\n)*\nmessage a\n$/);
    const refused = await finish(url, '-i');
    expect(refused.stdout).toMatch(/^HTTP 403 Forbidden\n(.+\n)*x-served-by: two\n(.+\n)*\n$/);
    expect(refused.status).toBe(1);
  });

  test('--connect-timeout is the longest wait for a response', async () => {
    const { url } = await script({ after: 'stall' });
    expect(await finish(url, '--connect-timeout', '.2')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'eventsource-fetch: Nothing came for 200 ms\n',
    });
  });

  test.skipIf(spawnSync('openssl', ['version']).error)('-k accepts any certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tls-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
    const subject = ['-subj', '/CN=localhost', '-days', '1'];
    spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ]);
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) =>
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('data: a\n\n'),
    ).listen(0);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    expect(await finish(url, '-k', '--no-reconnect')).toEqual({
      status: 0,
      stdout: 'message a\n',
      stderr: '',
    });
    expect((await finish(url, '--no-reconnect')).status).toBe(1);
  });
});

describe('the command line', () => {
  test('is explained by --help, which fits a screen', async () => {
    const { status, stdout, stderr } = await finish('--help');
    expect([status, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    // One for the prompt.
    expect(lines.length).toBeLessThan(24);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect((await finish('-h')).stdout).toBe(stdout);
  });

  test('has a page with every option', () => {
    const names = (text: string) => [...new Set(text.match(/(?<![\w-])--?[a-z][\w-]*(?=[ ,`\n])/g))].sort();
    const table = /\| option \|[\s\S]*?\n\n/.exec(readFileSync('docs/terminal.md', 'utf8'))?.[0] ?? '';
    const help = HELP.slice(HELP.indexOf('\n')).replace('-h, --help, --version', '');
    expect(names(table)).toEqual(names(help));
  });

  test('shows the version with --version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await finish('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    ['no URL', [], 'expected one URL'],
    ['two URLs', ['http://a.test', 'http://b.test'], 'expected one URL'],
    ['no URL at all', ['http://'], 'Invalid URL: http://'],
    ['a URL with secrets', ['http://secret:secret@[bad/?secret'], 'Invalid URL: http://[bad/'],
    ['a user without a password', ['a.test', '-u', 'secret'], "--user: expected 'name:password'"],
    ['a field of raw data', ['a.test', '--raw', '--field', 'a'], '--field excludes --json and --raw'],
    ['no time to connect', ['a.test', '--connect-timeout', 'x'], '--connect-timeout: expected a number'],
    ['an unknown option', ['a.test', '--nothing'], "Unknown option '--nothing'"],
    ['an option without its value', ['a.test', '--max'], "Option '--max <value>' argument missing"],
    ['a header without a colon', ['a.test', '-H', 'secret'], "--header: expected 'Name: value'"],
    ['an illegal header', ['a.test', '-H', 'X-A: secret\u20ac'], 'headers: illegal header X-A'],
    ['a body with GET', ['a.test', '-X', 'GET', '-d', 'secret'], '--data: not with GET'],
    [
      'a body with a dash',
      ['a.test', '-d', '-secret'],
      "Option '-d' argument is ambiguous; write '--data=-XYZ'",
    ],
    ['an illegal method', ['a.test', '-X', 'a b'], 'method: got a b'],
    ['a missing file', ['a.test', '-d', '@/no/such/file'], '--data: ENOENT'],
    ['no number', ['a.test', '--max', 'x'], '--max: expected a whole number from 1 on, got x'],
    ['less than one event', ['a.test', '--max', '0'], '--max: expected a whole number from 1 on, got 0'],
    ['half an event', ['a.test', '--max', '1.5'], '--max: expected a whole number from 1 on, got 1.5'],
    ['no time', ['a.test', '--idle-timeout', '1s'], '--idle-timeout: expected a number of seconds, got 1s'],
    ['two forms', ['a.test', '--json', '--raw'], '--json and --raw exclude each other'],
    ['two policies', ['a.test', '--reconnect', '--no-reconnect'], '--reconnect and --no-reconnect exclude'],
  ])('makes no sense with %s', async (_what, args, message) => {
    const { status, stdout, stderr } = await finish(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`eventsource-fetch: ${message}`);
    expect(stderr).toContain('See eventsource-fetch --help\n');
    expect(stderr).not.toContain('secret');
  });
});

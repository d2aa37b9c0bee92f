#!/usr/bin/env node
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { locate } from '../errors/text.js';
import { FetchEventSource, FetchEventSourceError, type FetchEventSourceInit } from '../index.js';
import { type Arguments, HELP, readArguments, UsageError } from './arguments.js';
import { defuseLines, formatEvent, formatField, formatHead, type Printable, Status } from './output.js';

/** What the process exits with, as `--help` says. */
const ENDED = 0;
const FAILED = 1;
const MISUSED = 2;
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Of a refused response, in characters. */
const LONGEST_EXCERPT = 500;

/** How long to wait for it, in milliseconds. */
const EXCERPT_TIME = 1000;

const { stdout, stderr, env } = process;

/** Ends everything. Its reason is the exit status. */
const stop = new AbortController();

const isWanted = ({ types }: Arguments, { type }: Printable): boolean =>
  !types.length || types.includes(type);

const toText = (event: Printable, { format }: Arguments): string =>
  format.field ? formatField(event.data, format.field, stdout) : formatEvent(event, format, stdout, env);

/** Prints the events until the source ends. Throws what that fails with. */
async function print(source: FetchEventSource, args: Arguments, status: Status): Promise<void> {
  let printed = 0;
  try {
    for await (const event of source) {
      if (!isWanted(args, event)) continue;
      status.clear();
      const hasRoom = stdout.write(toText(event, args));
      args.savedId?.save(event.lastEventId);
      if (++printed >= args.max) return;
      if (status.isRedrawn) status.show(`open, ${printed} event${printed === 1 ? '' : 's'}`);
      // A full pipe pauses the loop, which pauses the server.
      if (!hasRoom) await once(stdout, 'drain', { signal: stop.signal });
    }
  } finally {
    if (printed && args.format.field) stdout.write('\n');
  }
}

function printHead({ hasHeads }: Arguments, response: Response | undefined): void {
  if (hasHeads && response) stdout.write(formatHead(response, stdout));
}

/** Shows the states of the source. Closes it if the first attempt fails, and returns why. */
function watch(source: FetchEventSource, args: Arguments, status: Status): () => unknown {
  // Not the URL, which may have a token in it.
  const connecting = `connecting to ${new URL(source.url).host || 'a file'}`;
  let hasOpened = args.isPatient;
  let failure: unknown;
  let countdown: NodeJS.Timeout | undefined;
  source.onopen = ({ response }) => {
    clearInterval(countdown);
    status.clear();
    printHead(args, response);
    hasOpened = true;
    status.show('open');
  };
  source.onerror = ({ error, reconnectIn }) => {
    clearInterval(countdown);
    printHead(args, error?.response);
    // Without an error, it is a message of this type.
    if (!error || reconnectIn === undefined) return;
    if (!hasOpened) {
      failure = error;
      source.close();
      return;
    }
    countdown = countDown(reconnectIn, explain(error), connecting, status);
  };
  status.show(connecting);
  return () => failure;
}

/** Shows how long the wait still is, every second if the line is redrawn. */
function countDown(
  time: number,
  reason: string,
  connecting: string,
  status: Status,
): NodeJS.Timeout | undefined {
  const end = performance.now() + time;
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    status.show(left > 0 ? `${reason}; waiting ${left} s` : connecting);
  };
  tick();
  return status.isRedrawn ? setInterval(tick, 1000).unref() : undefined;
}

/** The message and its root cause. */
function explain(error: FetchEventSourceError): string {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause) cause = cause.cause;
  const ours = translate(error.message);
  if (cause === error) return ours;
  // Of several addresses that all refuse there is a code only.
  const { message, code } = cause as NodeJS.ErrnoException;
  return `${ours}: ${message || code}`;
}

/** What the library advises, in the words of the command line. */
const translate = (message: string): string =>
  message
    .replace('reconnect: true', '--reconnect')
    .replace("body: pass method: 'POST'", '--data: not with GET');

/** The start of the body of a refused response: often it says what is wrong. */
async function readExcerpt(response: Response | undefined): Promise<string> {
  const type = response?.headers.get('Content-Type') ?? '';
  if (!response?.body || !/json|text\/plain/.test(type)) return '';
  const reader = response.body.getReader();
  const timeout = AbortSignal.timeout(EXCERPT_TIME);
  timeout.addEventListener('abort', () => reader.cancel().catch(() => {}));
  const { value } = await reader.read().catch(() => ({ value: undefined }));
  reader.cancel().catch(() => {});
  return value ? `\n${new TextDecoder().decode(value).slice(0, LONGEST_EXCERPT).trim()}` : '';
}

/** Answers the exit status. */
async function run(args: Arguments): Promise<number> {
  // Texts without newlines leave no line to redraw.
  const events = args.format.field ? { write: () => true } : stdout;
  const status = new Status(stderr, events, args.isVerbose, env);
  if (args.isInsecure) acceptCertificates();
  const onComment = args.isVerbose
    ? (comment: string) => stderr.write(`:${defuseLines(comment)}\n`)
    : undefined;
  const source = construct(args.url, { ...args.init, onComment, signal: stop.signal });
  const failureOf = watch(source, args, status);
  try {
    await print(source, args, status);
    const failure = failureOf();
    if (failure) throw failure;
    status.clear();
    return ENDED;
  } catch (error) {
    status.clear();
    if (stop.signal.aborted) return stop.signal.reason;
    if (!(error instanceof FetchEventSourceError)) throw error;
    status.fail(explain(error) + (await readExcerpt(error.response)));
    return FAILED;
  }
}

/** What the library says of its options applies to the command line's: they have the same names. */
function construct(url: string, init: FetchEventSourceInit): FetchEventSource {
  try {
    return new FetchEventSource(url, init);
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(
      message.startsWith('Invalid URL') ? `Invalid URL: ${locate(url)}` : translate(message),
    );
  }
}

/** Node says at length that this is insecure, as `-k` does in one letter. */
function acceptCertificates(): void {
  process.removeAllListeners('warning');
  env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
}

async function main(): Promise<number> {
  stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // `| head` has had enough: no more output, and no words about it.
    const hasEnough = code === 'EPIPE';
    if (!hasEnough && !stop.signal.aborted) stderr.write(`eventsource-fetch: ${message}\n`);
    stop.abort(hasEnough ? ENDED : FAILED);
  });
  stderr.on('error', () => {});
  try {
    const args = await readArguments(process.argv.slice(2));
    if (args === 'help') stdout.write(HELP);
    else if (args === 'version') stdout.write(`${readVersion()}\n`);
    else {
      for (const [signal, status] of Object.entries(SIGNALS)) {
        // Once: a second signal gets the system's default and ends the process.
        process.once(signal, () => stop.abort(status));
      }
      return await run(args);
    }
    return ENDED;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    stderr.write(`eventsource-fetch: ${error.message}\nSee eventsource-fetch --help\n`);
    return MISUSED;
  }
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

const status = await main();
// Flush, then exit. By itself the process would stay for another second, because of the timers of fetch().
stdout.write('', () =>
  setImmediate(() => stderr.write('', () => process.exit(status || stop.signal.reason))),
);

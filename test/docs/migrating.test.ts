import * as microsoft from '@microsoft/fetch-event-source';
import * as polyfill from 'event-source-polyfill';
import * as eventsource from 'eventsource';
import * as ours from 'eventsource-fetch';
import * as sse from 'sse.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import polyfillPage from '../../docs/migrating/event-source-polyfill.md?raw';
import eventsourcePage from '../../docs/migrating/eventsource.md?raw';
import microsoftPage from '../../docs/migrating/microsoft-fetch-event-source.md?raw';
import nativePage from '../../docs/migrating/native.md?raw';
import ssePage from '../../docs/migrating/sse.js.md?raw';
import { parsePage, run } from '../page.js';
import { type RecordedRequest, type ScriptedResponse, script } from '../scripted.js';
import { devDependencies } from './package.json';

const PACKAGES: Record<string, object> = {
  'eventsource-fetch': ours,
  '@microsoft/fetch-event-source': microsoft,
  'event-source-polyfill': polyfill,
  eventsource,
  'sse.js': sse,
};

const PAGES = {
  native: nativePage,
  eventsource: eventsourcePage,
  '@microsoft/fetch-event-source': microsoftPage,
  'event-source-polyfill': polyfillPage,
  'sse.js': ssePage,
};

type Name = keyof typeof PAGES;

const diffs = Object.fromEntries(
  Object.entries(PAGES).map(([name, text]) => [name, parsePage(name, text, 'diff').take('')]),
) as Record<Name, string>;

/** The left or right side of the diff. */
const side = (name: Name, sign: '-' | '+') =>
  diffs[name]
    .split('\n')
    .filter((line) => line && line[0] !== (sign === '-' ? '+' : '-'))
    .map((line) => line.slice(1))
    .join('\n');

/** What a block imports, from the real packages. */
function importsOf(code: string): Record<string, unknown> {
  const imports = [...code.matchAll(/^import \{ (\w+) \} from '(.+)';$/gm)];
  return Object.fromEntries(
    imports.map(([line, name = '', from = '']) => {
      const value = Reflect.get(PACKAGES[from] ?? {}, name);
      expect(value, line).toBeDefined();
      return [name, value];
    }),
  );
}

interface Outcome {
  /** What the block has logged. More may be added. */
  readonly output: unknown[][];
  requests(): Promise<RecordedRequest[]>;
}

async function outcomeOf(name: Name, sign: '-' | '+', ...responses: ScriptedResponse[]): Promise<Outcome> {
  const served = await script(...responses);
  const code = side(name, sign).replace(/https:\/\/api\.example\.com\/\w+/, served.url);
  expect(code).toContain(served.url);
  const names = {
    ...importsOf(code),
    closeInTheEnd: (source: EventSource) => onTestFinished(() => source.close()),
  };
  const output = await run(`${code}\nif (typeof source !== 'undefined') closeInTheEnd(source);`, names);
  return { output, requests: served.requests };
}

describe('native', () => {
  const life = { chunks: ['data: hello\n\nid: 7\nevent: signup\ndata: x\n\n'] };

  test('before: the token is in the query', async () => {
    const { output, requests } = await outcomeOf('native', '-', life);
    await expect.poll(() => output).toEqual([['hello'], ['7'], [0]]);
    expect((await requests())[0]?.url).toMatch(/\?token=my-token$/);
  });

  test('after: it is in a header, and the error has a message', async () => {
    const { output, requests } = await outcomeOf('native', '+', life);
    await expect.poll(() => output).toEqual([['hello'], ['7'], [0, 'Stream ended']]);
    const [request] = await requests();
    expect(request?.headers['authorization']).toBe('Bearer my-token');
    expect(request?.url).not.toContain('token');
  });
});

describe('eventsource', () => {
  test.each(['-', '+'] as const)('%s: logs messages with their IDs, and sends the token', async (sign) => {
    const { output, requests } = await outcomeOf('eventsource', sign, { chunks: ['id: 7\ndata: hello\n\n'] });
    await expect.poll(() => output).toEqual([['hello', '7'], [undefined]]);
    expect((await requests())[0]?.headers).toMatchObject({
      accept: 'text/event-stream',
      authorization: 'Bearer my-token',
    });
  });

  test.each(['-', '+'] as const)('%s: logs the status of a refusal', async (sign) => {
    const { output } = await outcomeOf('eventsource', sign, { status: 403 });
    await expect.poll(() => output).toEqual([[403]]);
  });

  test('a fetch written for the old package still adds its header and loses none', async () => {
    const served = await script({ after: 'hold' });
    const source = new ours.FetchEventSource(served.url, {
      fetch: (url: string, init: RequestInit) =>
        fetch(url, { ...init, headers: { ...(init.headers as object), Authorization: 'Bearer my-token' } }),
      lastEventId: '7',
    });
    onTestFinished(() => source.close());
    await new Promise((resolve) => source.addEventListener('open', resolve));
    const [sent] = await served.requests();
    expect(sent?.headers).toMatchObject({
      accept: 'text/event-stream',
      authorization: 'Bearer my-token',
      'last-event-id': '7',
    });
  });
});

describe('@microsoft/fetch-event-source', () => {
  const answer = { chunks: ['event: token\ndata: blue\n\n'] };

  test.each(['-', '+'] as const)('%s: logs the answer, and asks once', async (sign) => {
    const { output, requests } = await outcomeOf('@microsoft/fetch-event-source', sign, answer);
    expect(output).toEqual([['token', 'blue']]);
    const sent = await requests();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ method: 'POST', body: '{"prompt":"Why is the sky blue?"}' });
    expect(sent[0]?.headers).toMatchObject({
      accept: 'text/event-stream',
      'content-type': 'application/json',
    });
  });

  test.each(['-', '+'] as const)('%s: throws at a connection that breaks', async (sign) => {
    const cut = { ...answer, after: 'cut' } as const;
    await expect(outcomeOf('@microsoft/fetch-event-source', sign, cut)).rejects.toBeInstanceOf(Error);
  });

  test('there, a 500 that claims to be an event stream is read as one; here it is refused', async () => {
    const { output } = await outcomeOf('@microsoft/fetch-event-source', '-', { ...answer, status: 500 });
    expect(output).toEqual([['token', 'blue']]);
    await expect(
      outcomeOf('@microsoft/fetch-event-source', '+', { ...answer, status: 500 }),
    ).rejects.toMatchObject({ code: 'http-status' });
  });

  test('there, a block without data is a message; here it is not', async () => {
    const comment = { chunks: [': ping\n\n'] };
    const before = await outcomeOf('@microsoft/fetch-event-source', '-', comment);
    expect(before.output).toEqual([['', '']]);
    const after = await outcomeOf('@microsoft/fetch-event-source', '+', comment);
    expect(after.output).toEqual([]);
  });

  test('what the page says of a clean end: such a policy ends with it, and outlives a broken connection', async () => {
    const [policy = ''] = /\{ shouldReconnect: .*? \}(?=`)/.exec(microsoftPage) ?? [];
    const reconnect = { ...new Function(`return ${policy}`)(), reconnectionTime: 1, maxBackoff: 1 };
    const served = await script({ chunks: ['data: a\n\n'], after: 'hold' }, { chunks: ['data: b\n\n'] });
    const data: unknown[] = [];
    for await (const event of new ours.FetchEventSource(served.url, { reconnect })) {
      // Only now, because a reset may overtake data, which is then lost.
      if (data.push(event.data) === 1) await served.cut();
    }
    expect(data).toEqual(['a', 'b']);
  });
});

describe('event-source-polyfill', () => {
  test.each(['-', '+'] as const)('%s: goes on by a query parameter', async (sign) => {
    const { output, requests } = await outcomeOf(
      'event-source-polyfill',
      sign,
      { chunks: ['id: 7\ndata: hello\n\n'] },
      { after: 'hold' },
    );
    await expect.poll(async () => (await requests()).length).toBe(2);
    expect(output).toEqual([['hello'], [undefined]]);
    const [first, second] = await requests();
    expect(first?.headers['authorization']).toBe('Bearer my-token');
    expect(first?.url).not.toContain('after');
    expect(second?.url).toMatch(/\?after=7$/);
  });

  test.each(['-', '+'] as const)('%s: logs the status of a refusal', async (sign) => {
    const { output } = await outcomeOf('event-source-polyfill', sign, { status: 403 });
    await expect.poll(() => output).toEqual([[403]]);
  });
});

describe('sse.js', () => {
  const answer = { chunks: ['data: blue\n\n'] };

  test('before: logs the answer', async () => {
    const { output, requests } = await outcomeOf('sse.js', '-', answer);
    await expect.poll(() => output).toEqual([['blue']]);
    expect((await requests())[0]).toMatchObject({
      method: 'POST',
      body: '{"prompt":"Why is the sky blue?"}',
    });
    expect((await requests())[0]?.headers['accept']).toBe('*/*');
  });

  test('after: logs the answer, and that it has ended', async () => {
    const { output, requests } = await outcomeOf('sse.js', '+', answer);
    await expect.poll(() => output).toEqual([['blue'], ['Stream ended']]);
    expect((await requests())[0]).toMatchObject({
      method: 'POST',
      body: '{"prompt":"Why is the sky blue?"}',
    });
    expect((await requests())[0]?.headers['accept']).toBe('text/event-stream');
  });

  test.each(['-', '+'] as const)('%s: logs the status of a refusal', async (sign) => {
    const { output } = await outcomeOf('sse.js', sign, { status: 403, chunks: ['no'] });
    await expect.poll(() => output[0]).toEqual([403]);
  });

  test('there, an incomplete event at the end is delivered; here it is dropped', async () => {
    const cut = { chunks: ['data: whole\n\ndata: par'] };
    const before = await outcomeOf('sse.js', '-', cut);
    await expect.poll(() => before.output).toEqual([['whole'], ['par']]);
    const after = await outcomeOf('sse.js', '+', cut);
    await expect.poll(() => after.output).toEqual([['whole'], ['Stream ended']]);
  });
});

test.each(Object.entries(PAGES))('%s: the page has one diff and no code that no test runs', (name, text) => {
  // An override in JSON is run where packages are installed.
  expect(parsePage(name, text, '(?!json)\\w*').left).toEqual(new Set([diffs[name as Name]]));
});

const versions = Object.entries(devDependencies).filter(([name]) => name in PAGES);
test.each(versions)('%s: the page names the version that ran', (name, version) => {
  expect(PAGES[name as Name]).toContain(`version ${version}`);
});

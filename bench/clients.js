// Every published parser, from bytes in memory to events, in the cheapest way that its interface allows.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
const ROOT = fileURLToPath(new URL('..', import.meta.url));

export const OURS = 'eventsource-fetch';

/** The event types of the corpora other than `message`, for clients that deliver only what somebody listens to. */
const TYPES = ['update', 'content_block_delta'];

/** Bundles the library's stream interpreter, once for all processes of a run. */
export async function bundleOurs() {
  const { build } = await import('esbuild');
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const outfile = join(directory, 'event-stream.mjs');
  await build({
    entryPoints: [join(ROOT, 'src/stream/interpreter.ts')],
    bundle: true,
    format: 'esm',
    outfile,
  });
  process.env.BENCH_EVENT_STREAM = outfile;
  process.on('exit', () => rmSync(directory, { recursive: true }));
}

/**
 * Each entry loads a parser. Called with `onEvent(data, lastEventId)`, the parser returns a function that takes chunks,
 * or takes a stream of chunks and reads it to its end.
 */
export const parsers = {
  // what the class calls, with the values for its events
  [OURS]: async () => {
    const { EventStreamInterpreter, MAX_EVENT_SIZE } = await import(
      pathToFileURL(process.env.BENCH_EVENT_STREAM).href
    );
    return (onEvent) => {
      const state = { lastEventId: undefined, reconnectionTime: 3000 };
      const handlers = {
        onEvent(_type, data) {
          onEvent(data, state.lastEventId);
          return true;
        },
        onComment: () => true,
        onRetry() {},
      };
      const options = { maxEventSize: MAX_EVENT_SIZE, wantsComments: false };
      const interpreter = new EventStreamInterpreter(state, handlers, options);
      return (chunk) => interpreter.interpret(chunk);
    };
  },

  'eventsource-parser': () => eventsourceParser('eventsource-parser'),
  'eventsource-parser-3': () => eventsourceParser('eventsource-parser-3'),

  '@microsoft/fetch-event-source': async () => {
    const { getLines, getMessages } = require('@microsoft/fetch-event-source/lib/cjs/parse.js');
    return (onEvent) => getLines(getMessages(ignore, ignore, ({ data, id }) => onEvent(data, id)));
  },

  // its Transform without the stream around it: it pushes what its EventSource turns into events
  undici: async () => {
    const { EventSourceStream } = require(
      join(require.resolve('undici'), '../lib/web/eventsource/eventsource-stream.js'),
    );
    return takes('buffers', (onEvent) => {
      const parser = new EventSourceStream({
        eventSourceSettings: {},
        push: ({ options }) => onEvent(options.data, options.lastEventId),
      });
      return (bytes) => parser._transform(bytes, 'buffer', ignore);
    });
  },

  // through our transport, which decodes as its own does. The client makes and fires its own events.
  'event-source-polyfill': async () => {
    const { EventSourcePolyfill } = require('event-source-polyfill');
    return (onEvent) => {
      const decoder = new TextDecoder();
      let progress;
      function Transport() {}
      Transport.prototype.open = (_, onStart, onProgress) => {
        progress = onProgress;
        onStart(200, 'OK', 'text/event-stream', {});
        return { abort: ignore };
      };
      const source = new EventSourcePolyfill('http://localhost/', { Transport, heartbeatTimeout: 1e7 });
      source.onmessage = ({ data, lastEventId }) => onEvent(data, lastEventId);
      for (const type of TYPES) source.addEventListener(type, source.onmessage);
      const feed = (bytes) => progress(decoder.decode(bytes, { stream: true }));
      feed.end = () => source.close();
      return feed;
    };
  },

  // through our XMLHttpRequest, whose growing text costs nothing. The client makes and fires CustomEvents.
  'sse.js': async () => {
    globalThis.XMLHttpRequest = FakeXMLHttpRequest;
    const { SSE } = await import('sse.js');
    return (onEvent) => {
      const decoder = new TextDecoder();
      const source = new SSE('http://localhost/');
      source.onmessage = ({ data, lastEventId }) => onEvent(data, lastEventId);
      for (const type of TYPES) source.addEventListener(type, source.onmessage);
      const { xhr } = source;
      const feed = (bytes) => xhr.progress(decoder.decode(bytes, { stream: true }));
      feed.end = () => xhr.listeners.load({ currentTarget: xhr });
      return feed;
    };
  },

  // through our http.request. The client makes its own events and emits them.
  'launchdarkly-eventsource': async () => {
    const { EventEmitter } = require('node:events');
    const { EventSource } = require('launchdarkly-eventsource');
    let response;
    require('node:http').request = (_url, _options, onResponse) => {
      response = Object.assign(new EventEmitter(), { statusCode: 200, headers: {} });
      onResponse(response);
      return Object.assign(new EventEmitter(), { end: ignore, destroy: ignore });
    };
    return takes('buffers', (onEvent) => {
      const source = new EventSource('http://localhost/');
      source.onmessage = ({ data, lastEventId }) => onEvent(data, lastEventId);
      for (const type of TYPES) source.addEventListener(type, source.onmessage);
      const feed = (bytes) => response.emit('data', bytes);
      feed.end = () => source.close();
      return feed;
    });
  },

  'fetch-event-stream': async () => {
    const { events } = await import('fetch-event-stream');
    return takes('stream', async (stream, onEvent) => {
      for await (const { data, id } of events(new Response(stream)))
        if (data !== undefined) onEvent(data, id);
    });
  },

  'parse-sse': async () => {
    const { parseServerSentEvents } = await import('parse-sse');
    return takes('stream', async (stream, onEvent) => {
      for await (const { data, lastEventId } of parseServerSentEvents(new Response(stream)))
        onEvent(data, lastEventId);
    });
  },

  '@azure/core-sse': async () => {
    const { createSseStream } = await import('@azure/core-sse');
    return takes('stream', async (stream, onEvent) => {
      for await (const { data, id } of createSseStream(stream)) onEvent(data, id);
    });
  },
};

/** The limit that parsing speeds are relative to. */
export const DECODER = 'streaming TextDecoder';

/** Limits that no parser can beat, or is expected to. They give no events. */
export const limits = {
  [DECODER]: async () => () => {
    const decoder = new TextDecoder();
    return (bytes) => decoder.decode(bytes, { stream: true });
  },
  // it forgets cut characters, so it is wrong for everything but ASCII
  'one-shot decode': async () => () => {
    const decoder = new TextDecoder();
    return (bytes) => decoder.decode(bytes);
  },
  'byte scan': async () => () => (bytes) => {
    let ends = 0;
    for (let index = 0; index < bytes.length; index++) if (bytes[index] === 10) ends++;
    return ends;
  },
};

async function eventsourceParser(name) {
  const { createParser } = await import(name);
  return (onEvent) => {
    const decoder = new TextDecoder();
    const parser = createParser({ onEvent: ({ data, id }) => onEvent(data, id) });
    return (bytes) => parser.feed(decoder.decode(bytes, { stream: true }));
  };
}

class FakeXMLHttpRequest {
  status = 200;
  readyState = 2;
  listeners = {};
  text = '';
  responseText = { substring: () => this.text };
  addEventListener(type, listener) {
    this.listeners[type] = listener;
  }
  open() {}
  send() {}
  abort() {}
  getAllResponseHeaders() {
    return '';
  }
  progress(text) {
    this.text = text;
    this.listeners.progress({ currentTarget: this });
    this.text = '';
  }
}

function ignore() {}

/** The form in which a parser takes its bytes, where that is not one Uint8Array at a time. */
function takes(input, parser) {
  return Object.assign(parser, { input });
}

/** Converts chunks to the form that a parser takes. This is not part of its work. */
export function adapt(parser, chunks) {
  if (parser.input === 'buffers') return chunks.map(asBuffer);
  return chunks;
}

export const asBuffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function streamOf(chunks) {
  const iterator = chunks[Symbol.iterator]();
  return new ReadableStream(
    {
      pull(controller) {
        const { done, value } = iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Feeds all chunks to a new instance of a loaded parser. */
export async function consume(parser, chunks, onEvent) {
  if (parser.input === 'stream') return parser(streamOf(chunks), onEvent);
  const feed = parser(onEvent);
  for (const chunk of chunks) feed(chunk);
  feed.end?.();
}

/** A client's name with its installed version. */
export function labelOf(name) {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  if (!existsSync(file)) return name;
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  return `${manifest.name} ${manifest.version}`;
}

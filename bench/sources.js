// Every client that connects by itself in Node, used as its README says, and the limits that none of them can beat.
import { createRequire } from 'node:module';
import { OURS } from './clients.js';

const require = createRequire(import.meta.url);

/**
 * Each entry loads a client. Called with a server's addresses, a path and `{ onEvent(data), onChunk(bytes), onOpen() }`,
 * the client connects and returns a function that disconnects. `kind` says what its users get.
 */
export const sources = {
  [OURS]: {
    kind: 'MessageEvent',
    load: async () => likeEventSource((await import('../dist/index.js')).FetchEventSource),
  },
  [`${OURS}, for await`]: {
    kind: 'MessageEvent',
    load: async () => likeLoop((await import('../dist/index.js')).FetchEventSource),
  },
  eventsource: {
    kind: 'MessageEvent',
    load: async () => likeEventSource((await import('eventsource')).EventSource),
  },
  'eventsource-4': {
    kind: 'MessageEvent',
    load: async () => likeEventSource((await import('eventsource-4')).EventSource),
  },
  undici: {
    kind: 'MessageEvent',
    load: async () => {
      process.removeAllListeners('warning');
      return likeEventSource((await import('undici')).EventSource);
    },
  },
  'launchdarkly-eventsource': {
    kind: 'own event class',
    load: async () => likeEventSource(require('launchdarkly-eventsource').EventSource),
  },
  'event-source-polyfill': {
    kind: 'own event class',
    load: async () => likeEventSource(require('event-source-polyfill').EventSourcePolyfill),
  },
  '@microsoft/fetch-event-source': {
    kind: 'plain object',
    load: async () => {
      globalThis.window ??= globalThis;
      globalThis.document ??= new EventTarget();
      const { fetchEventSource } = require('@microsoft/fetch-event-source');
      return ({ http }, path, { onEvent, onOpen }) => {
        const controller = new AbortController();
        fetchEventSource(http + path, {
          openWhenHidden: true,
          signal: controller.signal,
          onopen: async () => onOpen(),
          onmessage: ({ data }) => onEvent(data),
        });
        return () => controller.abort();
      };
    },
  },
  'eventsource-client': {
    kind: 'plain object',
    load: async () => {
      const { createEventSource } = await import('eventsource-client');
      return ({ http }, path, { onEvent, onOpen }) => {
        const source = createEventSource({
          url: http + path,
          onMessage: ({ data }) => onEvent(data),
          onConnect: onOpen,
        });
        return () => source.close();
      };
    },
  },
  'fetch drain': {
    kind: 'bytes',
    load: async () => drain,
  },
  ws: {
    kind: 'WebSocket',
    load: async () => {
      const { WebSocket } = await import('ws');
      return likeWebSocket(WebSocket);
    },
  },
  "Node's WebSocket": {
    kind: 'WebSocket',
    // behind a flag in Node 20
    execArgv: 'WebSocket' in globalThis ? [] : ['--experimental-websocket'],
    load: async () => likeWebSocket(globalThis.WebSocket),
  },
};

/** The limit that all others are compared with. */
export const DRAIN = 'fetch drain';

/**
 * The least code that gives real events. It is correct only for events of a single `data` line. The guard uses it,
 * because it is steadier than the drain.
 */
export const LEAST = 'least with events';

const hidden = { [LEAST]: { kind: 'MessageEvent', load: async () => least } };

/** Those that are compared, or the one that is not. */
export const sourceOf = (name) => sources[name] ?? hidden[name];

function likeEventSource(Source) {
  return ({ http }, path, { onEvent, onOpen }) => {
    const source = new Source(http + path);
    source.onopen = onOpen;
    source.onmessage = ({ data }) => onEvent(data);
    // an error at the end of a stream is expected
    source.onerror = () => {};
    for (const type of ['update', 'content_block_delta'])
      source.addEventListener(type, ({ data }) => onEvent(data));
    return () => source.close();
  };
}

function likeLoop(Source) {
  return ({ http }, path, { onEvent, onOpen }) => {
    const source = new Source(http + path);
    source.onopen = onOpen;
    const loop = async () => {
      for await (const { data } of source) onEvent(data);
    };
    loop();
    return () => source.close();
  };
}

function likeWebSocket(Socket) {
  return ({ ws }, path, { onEvent, onOpen }) => {
    const socket = new Socket(ws + path);
    socket.onopen = onOpen;
    socket.onmessage = ({ data }) => onEvent(data);
    return () => (socket.terminate ?? socket.close).call(socket);
  };
}

/** Only `fetch` and `read()`. */
function drain({ http }, path, { onChunk, onOpen }) {
  const controller = new AbortController();
  const read = async () => {
    const { body } = await fetch(http + path, { signal: controller.signal });
    onOpen();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onChunk(value);
    }
  };
  read().catch((error) => {
    if (!controller.signal.aborted) throw error;
  });
  return () => controller.abort();
}

function least(where, path, { onEvent, onOpen }) {
  const decoder = new TextDecoder();
  const target = new EventTarget();
  target.addEventListener('message', ({ data }) => onEvent(data));
  let text = '';
  const onChunk = (bytes) => {
    text += decoder.decode(bytes, { stream: true });
    const events = text.split('\n\n');
    text = events.pop();
    for (const event of events)
      target.dispatchEvent(new MessageEvent('message', { data: event.slice('data: '.length) }));
  };
  return drain(where, path, { onChunk, onOpen });
}

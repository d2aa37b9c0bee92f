// What the built files must do everywhere, for runtimes in which the test runner does not run: Node 18 and Workers.
import { FetchEventSource } from 'eventsource-fetch';

function assertEqual(actual, expected) {
  const [left, right] = [actual, expected].map((value) => JSON.stringify(value));
  if (left !== right) throw new Error(`Expected ${right}, got ${left}`);
}

/** The next event of this type. */
const next = (source, type) =>
  new Promise((resolve) => source.addEventListener(type, resolve, { once: true }));

/** Talks to the scripted server of the tests (`test/server.ts`) at a URL. */
const createClient = (server) => {
  const post = (path, body = '') => fetch(`${server}/${path}`, { method: 'POST', body });
  return async (...responses) => {
    const id = await (await post('scripts', JSON.stringify(responses))).text();
    return {
      url: `${server}/script/${id}`,
      requests: async () => (await post(`requests/${id}`)).json(),
      cut: async () => void (await post(`cut/${id}`)),
      open: async () => Number((await post(`requests/${id}`)).headers.get('X-Open')),
    };
  };
};

const HELD = { after: 'hold' };
const EAGER = { reconnect: { reconnectionTime: 1, maxBackoff: 1 } };

/**
 * The checks, by name. Each gets a function that makes a script, and one that makes a source, which is closed
 * afterwards.
 */
const CHECKS = {
  async 'an event comes with its type, data, ID and origin'(script, connect) {
    const served = await script({ chunks: ['id: 7\nevent: news\ndata: a\ndata: b\n\n'], ...HELD });
    const source = connect(served.url);
    const { type, data, lastEventId, origin } = await next(source, 'news');
    assertEqual([type, data, lastEventId], ['news', 'a\nb', '7']);
    assertEqual([origin, source.lastEventId], [new URL(served.url).origin, '7']);
  },
  async 'rule 46: an event handler is called once, with the source as this'(script, connect) {
    const served = await script({ chunks: ['data: a\n\n'] });
    const source = connect(served.url);
    const log = [];
    source.onmessage = function ({ data }) {
      log.push(data, this === source);
    };
    await next(source, 'error');
    assertEqual(log, ['a', true]);
  },
  async 'a character that is cut comes whole, and the byte order mark not at all'(script, connect) {
    const served = await script({ chunks: ['\xef', '\xbb\xbfdata: \xe2\x82', '\xac\n\n'], ...HELD });
    assertEqual((await next(connect(served.url), 'message')).data, '€');
  },
  async 'a stream that ends goes on from the last event ID'(script, connect) {
    const served = await script({ chunks: ['id: 1\ndata: a\n\n'] }, { chunks: ['data: b\n\n'], ...HELD });
    const source = connect(served.url, EAGER);
    await next(source, 'message');
    const { error, reconnectIn } = await next(source, 'error');
    assertEqual([error.code, reconnectIn >= 1, source.readyState], ['end-of-stream', true, 0]);
    assertEqual((await next(source, 'message')).data, 'b');
    const [first, second] = await served.requests();
    assertEqual([first.headers['last-event-id'], second.headers['last-event-id']], [undefined, '1']);
  },
  async 'a stream that breaks goes on'(script, connect) {
    const served = await script(
      { chunks: ['data: a\n\ndata: ha'], ...HELD },
      { chunks: ['data: b\n\n'], ...HELD },
    );
    const source = connect(served.url, EAGER);
    const log = [];
    const ended = new Promise((resolve) => {
      source.onmessage = ({ data }) => {
        log.push(data);
        // Not earlier: when a stream fails, what waits in it is lost.
        if (data === 'a') void served.cut();
        if (data === 'b') resolve();
      };
    });
    source.onerror = ({ error }) => log.push(error.code);
    await ended;
    assertEqual(log, ['a', 'network', 'b']);
  },
  async 'rule 54: a request asks for an event stream, and for none from a cache'(script, connect) {
    const served = await script(HELD);
    await next(connect(served.url), 'open');
    const [{ headers }] = await served.requests();
    assertEqual([headers.accept, headers['cache-control']], ['text/event-stream', 'no-cache']);
  },
  async 'a POST sends its headers and its body, once'(script, connect) {
    const served = await script({ chunks: ['data: a\n\n'] });
    const headers = { Authorization: 'Bearer x', 'Content-Type': 'application/json' };
    const source = connect(served.url, { method: 'POST', headers, body: '{"a":1}' });
    const { error } = await next(source, 'error');
    assertEqual([error.code, source.readyState], ['end-of-stream', 2]);
    const requests = await served.requests();
    const [{ method, body, headers: sent }] = requests;
    assertEqual([requests.length, method, body, sent.authorization], [1, 'POST', '{"a":1}', 'Bearer x']);
  },
  async 'options of fetch that a runtime may not have do not keep it from connecting'(script, connect) {
    const served = await script(HELD);
    const init = { cache: 'default', credentials: 'include', mode: 'cors' };
    await next(connect(served.url, init), 'open');
  },
  async 'a function of headers is asked again after a 401'(script, connect) {
    const served = await script({ status: 401 }, HELD);
    const statuses = [];
    const headers = ({ error }) => {
      statuses.push(error?.status);
      return { Authorization: `Bearer ${statuses.length}` };
    };
    await next(connect(served.url, { headers }), 'open');
    assertEqual(statuses, [undefined, 401]);
    assertEqual((await served.requests())[1].headers.authorization, 'Bearer 2');
  },
  async 'a refused request closes the source, and says why'(script, connect) {
    const served = await script({ status: 404, chunks: ['not here'] });
    const source = connect(served.url);
    const { error, status } = await next(source, 'error');
    assertEqual([error.code, status, source.readyState], ['http-status', 404, 2]);
    const other = await script({ headers: { 'Content-Type': 'text/html' } });
    assertEqual((await next(connect(other.url), 'error')).error.code, 'content-type');
  },
  async 'a redirect to another origin takes no header of the caller along'(script, connect) {
    const target = await script({ chunks: ['data: a\n\n'], ...HELD });
    const Location = target.url.replace('127.0.0.1', 'localhost');
    const from = await script({ status: 307, headers: { Location } });
    const headers = { Authorization: 'Bearer x', 'X-Key': 'secret' };
    const source = connect(from.url, { headers });
    assertEqual((await next(source, 'message')).origin, new URL(Location).origin);
    const [request] = await target.requests();
    assertEqual([request.headers.authorization, request.headers['x-key']], [undefined, undefined]);
    assertEqual((await from.requests())[0].headers['x-key'], 'secret');
  },
  async 'close() frees the connection, and so does the signal'(script, connect) {
    const controller = new AbortController();
    const stop = [(source) => source.close(), () => controller.abort()];
    for (const end of stop) {
      const served = await script({ chunks: ['data: a\n\n'], ...HELD });
      const source = connect(served.url, { signal: controller.signal });
      await next(source, 'message');
      end(source);
      assertEqual(source.readyState, 2);
      while (await served.open());
    }
  },
  async 'silence beyond idleTimeout connects again'(script, connect) {
    const served = await script({ chunks: ['data: a\n\n'], ...HELD });
    const source = connect(served.url, { idleTimeout: 50, ...EAGER });
    const { error } = await next(source, 'error');
    assertEqual([error.code, source.readyState], ['idle-timeout', 0]);
    await next(source, 'open');
  },
  async 'reconnect() connects again at once'(script, connect) {
    const served = await script({ chunks: ['id: 5\ndata: a\n\n'], ...HELD });
    const source = connect(served.url);
    await next(source, 'message');
    source.reconnect();
    assertEqual((await next(source, 'error')).error.code, 'aborted');
    await next(source, 'message');
    assertEqual((await served.requests())[1].headers['last-event-id'], '5');
  },
  async 'any stream of bytes will do'() {
    const { body } = new Response('data: a\n\n');
    assertEqual((await next(FetchEventSource.fromReadableStream(body), 'message')).data, 'a');
  },
  async 'a wrong option is a TypeError that names it'(_script, connect) {
    const wrong = {
      method: ['TRACE', 'method: got TRACE'],
      credentials: ['x', 'credentials: got x'],
      idleTimeout: [-1, 'idleTimeout: got -1; pass milliseconds, such as 30000'],
    };
    for (const [name, [value, expected]] of Object.entries(wrong)) {
      let message = '';
      try {
        connect('http://127.0.0.1/', { [name]: value });
      } catch (exception) {
        if (exception instanceof TypeError) ({ message } = exception);
      }
      assertEqual(message, expected);
    }
  },
};

/** The longest time that a check may take, in milliseconds. */
const PATIENCE = 20_000;

/** Runs the checks against a server. */
export async function runChecks(server) {
  const script = createClient(server);
  const failures = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    const sources = [];
    const connect = (...args) => {
      const source = new FetchEventSource(...args);
      sources.push(source);
      return source;
    };
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('Timed out')), PATIENCE);
    });
    await Promise.race([check(script, connect), late]).catch((error) => failures.push(`${name}: ${error}`));
    clearTimeout(timer);
    for (const source of sources) source.close();
  }
  return { passed: Object.keys(CHECKS).length - failures.length, skipped: 0, failures };
}

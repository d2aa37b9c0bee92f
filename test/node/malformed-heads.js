// Sources that get malformed and odd response heads, in a separate process that `malformed-heads.test.ts` runs. Prints
// a result as JSON. An exception that nobody could have caught counts as a failure, because it would have ended a
// user's process.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { FetchEventSource } from 'eventsource-fetch';

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n';
const encoded = (encodings, body = 'xxxx') => `${OK}Content-Encoding: ${encodings}\r\n\r\n${body}`;
const withLines = (lines, body = 'data: a\n\n') => `${OK}${lines}\r\n\r\n${body}`;
const six = Array(6).fill('gzip').join(', ');

/** Malformed or odd response heads, by name. */
const HEADS = {
  'six encodings': encoded(six),
  'a hundred encodings': encoded(Array(100).fill('br').join(',')),
  'six encodings and 404': `HTTP/1.1 404 Not Found\r\nContent-Encoding: ${six}\r\n\r\nxxxx`,
  'six encodings and 503': `HTTP/1.1 503 Busy\r\nContent-Encoding: ${six}\r\n\r\nxxxx`,
  'six encodings and 401': `HTTP/1.1 401 Unauthorized\r\nContent-Encoding: ${six}\r\n\r\nxxxx`,
  'six encodings and a redirect': `HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Encoding: ${six}\r\n\r\n`,
  'six encodings and no content': `HTTP/1.1 204 No Content\r\nContent-Encoding: ${six}\r\n\r\n`,
  'five encodings that are lies': encoded(Array(5).fill('gzip').join(', ')),
  'an encoding that is a lie': encoded('gzip', 'data: a\n\n'),
  'an encoding that nobody knows': encoded('wool', 'data: a\n\n'),
  'zstd that is a lie': encoded('zstd', 'data: a\n\n'),
  'a redirect whose encoding is a lie': `HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Encoding: gzip\r\n\r\nxxxx`,
  'a refusal whose encoding is a lie': `HTTP/1.1 500 Oops\r\nContent-Encoding: br\r\n\r\nxxxx`,
  'two lengths': withLines('Content-Length: 9\r\nContent-Length: 10'),
  'a negative length': withLines('Content-Length: -1'),
  'a length that is no number': withLines('Content-Length: many'),
  'a length that is too long': withLines('Content-Length: 1000'),
  'a length that is too short': withLines('Content-Length: 3'),
  'a length and chunks': withLines(
    'Content-Length: 9\r\nTransfer-Encoding: chunked',
    '9\r\ndata: a\n\n\r\n0\r\n\r\n',
  ),
  'chunks with a bad size': withLines('Transfer-Encoding: chunked', 'zz\r\ndata: a\n\n\r\n'),
  'chunks that end early': withLines('Transfer-Encoding: chunked', '20\r\ndata: a\n\n'),
  'a transfer encoding that nobody knows': withLines('Transfer-Encoding: wool'),
  'a status line without a version': '200 OK\r\n\r\n',
  'a version that nobody knows': OK.replace('1.1', '9.9'),
  'a status of two digits': OK.replace('200', '20'),
  'a status of four digits': OK.replace('200', '2000'),
  'status 199': `${OK.replace('200 OK', '199 Odd')}\r\n`,
  'status 999': `${OK.replace('200 OK', '999 Odd')}\r\ndata: a\n\n`,
  'no status line at all': 'data: a\n\n',
  'nothing at all': '',
  'half a head': OK.slice(0, 30),
  'a header without a colon': withLines('Nonsense'),
  'a header with a control character': withLines('X: a\x01b'),
  'a folded header': withLines('X: a\r\n b'),
  'a head that is too large': withLines(`X: ${'x'.repeat(2 ** 17)}`),
  'line feeds alone': `${OK.replaceAll('\r', '')}\ndata: a\n\n`,
  'an unasked-for upgrade':
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: wool\r\nConnection: Upgrade\r\n\r\n',
  'early hints and nothing after them': 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
};

const failures = [];
let current = '';
for (const name of ['uncaughtException', 'unhandledRejection']) {
  process.on(name, (error) => failures.push(`${current}: ${error}`));
}

let head = '';
let isKept = false;
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => {
    socket.write(head, 'latin1');
    if (!isKept) socket.end();
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/`;

/** Waits for the effects of an end: undici delays some for a few turns of the event loop. */
async function settle() {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Reads the head until the source has failed, or is open and closed. Returns the codes of its errors. */
async function meet() {
  const codes = [];
  const source = new FetchEventSource(url, {
    // This is for a head that never ends.
    connectTimeout: 150,
    idleTimeout: 150,
    reconnect: { reconnectionTime: 1, maxBackoff: 1, maxFailures: 2 },
  });
  await new Promise((resolve) => {
    source.onerror = ({ error }) => {
      codes.push(error.code);
      if (source.readyState === 2 || codes.length > 2) resolve();
    };
  });
  source.close();
  await settle();
  return codes;
}

let passed = 0;
for (const [name, text] of Object.entries(HEADS)) {
  for (isKept of [true, false]) {
    head = text;
    current = `${name}, connection ${isKept ? 'kept' : 'ended'}`;
    if ((await meet()).length) passed++;
  }
}
console.log(JSON.stringify({ passed, skipped: 0, failures }));
process.exit();

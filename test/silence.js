// Whether a stream outlives 310 s of silence, which Node's fetch ends after 300 s. Not part of the suite, for it takes
// as long: `npm run test:silence`, or `node test/silence.js` with any Node that is to be tried, after a build.
import { createServer } from 'node:http';
import { FetchEventSource } from '../dist/index.js';

const SILENCE = 310_000;

const server = createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
  setTimeout(() => response.write('data: late\n\n'), SILENCE);
});
server.listen(0, '127.0.0.1', () => {
  const source = new FetchEventSource(`http://127.0.0.1:${server.address().port}`);
  const report = (result, code) => {
    console.log(`Node ${process.versions.node}: ${result}`);
    process.exit(code);
  };
  source.onmessage = ({ data }) => report(`received "${data}" after ${SILENCE / 1000} s of silence`, 0);
  source.onerror = ({ error }) => report(`${error} (${error.cause?.cause ?? error.cause})`, 1);
});

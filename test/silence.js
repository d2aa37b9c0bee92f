// Checks that a stream survives 310 s of silence; Node's fetch ends it after 300 s. This is not part of the suite
// because it takes that long. After a build, run `npm run test:silence`, or `node test/silence.js` with any version of
// Node.
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

// For users who test with Jest: its jsdom lacks fetch, Headers, TextDecoder and ReadableStream.
const { FetchEventSource } = require('eventsource-fetch');

const URL_STRING = 'http://source.test/stream';

test('in Jest with jsdom, the constructor throws a TypeError that names the remedy', () => {
  expect(typeof TextDecoder).toBe('undefined');
  const remedy = new TypeError('No Headers or TextDecoder: in Jest use jest-fixed-jsdom');
  for (const init of [undefined, { fetch: () => new Promise(() => {}) }]) {
    expect(() => new FetchEventSource(URL_STRING, init)).toThrow(remedy);
  }
});

/** @jest-environment jest-fixed-jsdom */
// The remedy that the error names.
const { FetchEventSource } = require('eventsource-fetch');

test('in Jest with jest-fixed-jsdom, a source gets its events', async () => {
  const headers = { 'Content-Type': 'text/event-stream' };
  const fetch = async () => new Response('id: 1\ndata: a\n\n', { headers });
  const source = new FetchEventSource('http://source.test/stream', { fetch, reconnect: false });
  const event = await new Promise((resolve) => source.addEventListener('message', resolve));
  expect(event).toBeInstanceOf(MessageEvent);
  expect([event.data, event.lastEventId, event.origin]).toEqual(['a', '1', 'http://source.test']);
});

import { FetchEventSource } from '../../src/index.js';

/** Opens a source on the URL that a test posts, and reports through the port that came along (`WorkerReport`). */
function open({ data: url, ports: [port] }: MessageEvent<string>): void {
  const relative = new FetchEventSource('relative?a=1', { fetch: () => new Promise(() => {}) });
  relative.close();
  port?.postMessage({ scope: globalThis.constructor.name, location: location.href, url: relative.url });

  const source = new FetchEventSource(url, { reconnect: { reconnectionTime: 1 } });
  for (const type of ['open', 'message', 'news', 'error']) {
    source.addEventListener(type, (event) => {
      const { data, lastEventId, origin } = event as MessageEvent;
      port?.postMessage({ type, readyState: source.readyState, data, lastEventId, origin });
    });
  }
  port?.addEventListener('message', () => source.close());
  port?.start();
}

// dedicated and service workers
addEventListener('message', open);
// shared workers
addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports;
  port?.addEventListener('message', open);
  port?.start();
});

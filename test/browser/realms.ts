import { onTestFinished } from 'vitest';
import type { FetchEventSource } from '../../src/index.js';
import { next } from '../scripted.js';

/** The library as a separate script, for pages and workers other than this one. */
export const LIBRARY: string = new URL('../../src/index.ts', import.meta.url).href;

/** A window that has loaded the library. */
export type LibraryWindow = Window & {
  readonly FetchEventSource: typeof FetchEventSource;
  readonly document: Document;
};

/** Another page of this origin, in a frame, which has loaded the library: its class belongs to its own realm. */
export async function openPage(head = ''): Promise<{ frame: HTMLIFrameElement; page: LibraryWindow }> {
  const frame = document.createElement('iframe');
  onTestFinished(() => frame.remove());
  frame.srcdoc = `<!doctype html>${head}<script type="module">
    import { FetchEventSource } from '${LIBRARY}';
    globalThis.FetchEventSource = FetchEventSource;
  </script>`;
  const loaded = next(frame, 'load');
  document.body.append(frame);
  await loaded;
  return { frame, page: frame.contentWindow as unknown as LibraryWindow };
}

/** What a worker posts, in order. */
export type WorkerReport =
  | { readonly scope: string; readonly location: string; readonly url: string }
  | {
      readonly type: string;
      readonly readyState: number;
      readonly data?: string;
      readonly lastEventId?: string;
      readonly origin?: string;
    };

type Post = (url: string, transfer: Transferable[]) => void;

/** Functions that start a worker of each kind and return a way to post to it. It is stopped at the end of the test. */
export const WORKERS: Record<'dedicated' | 'shared' | 'service', () => Promise<Post>> = {
  async dedicated() {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    onTestFinished(() => worker.terminate());
    return (url, transfer) => worker.postMessage(url, transfer);
  },
  async shared() {
    const { port } = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    onTestFinished(() => port.close());
    port.start();
    return (url, transfer) => port.postMessage(url, transfer);
  },
  async service() {
    const script = new URL('./worker.ts', import.meta.url);
    const registration = await navigator.serviceWorker.register(script, { type: 'module' });
    onTestFinished(async () => void (await registration.unregister()));
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    if (!worker) throw new Error('No service worker');
    while (worker.state !== 'activated') await next(worker, 'statechange');
    return (url, transfer) => worker.postMessage(url, transfer);
  },
};

/** Makes the worker open a source on the URL. Returns a function that gives its next report. */
export function openInWorker(post: Post, url: string): () => Promise<WorkerReport> {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => {
    port1.postMessage('close');
    port1.close();
  });
  const reports: WorkerReport[] = [];
  let wake = () => {};
  port1.onmessage = ({ data }) => {
    reports.push(data);
    wake();
  };
  post(url, [port2]);
  return async () => {
    while (!reports.length) await new Promise<void>((resolve) => (wake = resolve));
    return reports.shift() as WorkerReport;
  };
}

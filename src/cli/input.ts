import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { FetchEventSourceInit } from '../types/options.js';

/** Whether the command line names a file, or `-` for standard input, where a URL may stand. */
export const isFile = (name: string): boolean =>
  name === '-' || (!/^[\w+.-]+:/.test(name) && !!statSync(name, { throwIfNoEntry: false })?.isFile());

/** What a source needs to read a stream that was saved: it ends with the file. */
export function readSaved(name: string): { url: string; init: FetchEventSourceInit } {
  const stream = name === '-' ? process.stdin : createReadStream(name);
  const headers = { 'Content-Type': 'text/event-stream' };
  const body = Readable.toWeb(stream) as unknown as BodyInit;
  return {
    url: name === '-' ? 'stdin:' : pathToFileURL(name).href,
    init: { fetch: async () => new Response(body, { headers }), reconnect: false },
  };
}

import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { RequestHandler } from 'express';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json',
};

/** The path on the server of each folder. */
const FOLDERS: Record<string, URL> = {
  '/': new URL('pages/', import.meta.url),
  '/dist/': new URL('../dist/', import.meta.url),
  '/uplot/': new URL('../node_modules/uplot/dist/', import.meta.url),
  '/live/': new URL('live/dist/', import.meta.url),
};

/** A file as it is served. */
interface StaticFile {
  readonly type: string;
  readonly content: Buffer;
}

/**
 * Serves the pages and the built library. All files are read once, because another terminal may run a build, which
 * empties `dist`, while this server runs.
 */
export function serveFiles(): RequestHandler {
  const files = new Map<string, StaticFile>();
  for (const [path, folder] of Object.entries(FOLDERS)) readFolder(files, path, folder);
  return (request, response, next) => {
    const file = request.method === 'GET' && files.get(request.path);
    if (!file) return next();
    // Pages of other origins may load the library from here too.
    const headers = { 'Cache-Control': 'no-cache', 'Access-Control-Allow-Origin': '*' };
    response.writeHead(200, { 'Content-Type': file.type, ...headers }).end(file.content);
  };
}

function readFolder(files: Map<string, StaticFile>, path: string, folder: URL): void {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (cause) {
    throw new Error(`There is no ${folder.pathname}: run "npm run demo:build" first.`, { cause });
  }
  for (const name of names) {
    const type = TYPES[extname(name)];
    if (!type) continue;
    const file = { type, content: readFileSync(new URL(name, folder)) };
    files.set(path + name, file);
    if (name.endsWith('index.html')) files.set(path + name.slice(0, -'index.html'.length), file);
  }
}

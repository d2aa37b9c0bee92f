import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json',
};

/** A file as it is served. */
export interface StaticFile {
  readonly type: string;
  readonly content: Buffer;
}

/**
 * The page and the built library, by their paths on the server. They are read once: another terminal may run a build,
 * which empties `dist`, while this server is up.
 */
export function readFiles(): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  readFolder(files, '/', new URL('public/', import.meta.url));
  readFolder(files, '/dist/', new URL('../dist/', import.meta.url));
  const page = files.get('/index.html');
  if (page) files.set('/', page);
  return files;
}

function readFolder(files: Map<string, StaticFile>, path: string, folder: URL): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw new Error(`There is no ${folder.pathname}: run "npm run build" first.`, { cause });
  }
  for (const name of names) {
    const type = TYPES[extname(name)];
    if (type) files.set(path + name, { type, content: readFileSync(new URL(name, folder)) });
  }
}

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const HERE: string = import.meta.dirname;
export const ROOT: string = join(HERE, '../..');
/** The library, as users have it. */
export const PACKAGE: string = join(HERE, 'node_modules/eventsource-fetch');

/** What importers may name: all exports of the package except its manifest. */
export const SPECIFIERS: readonly string[] = Object.keys(
  (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: object }).exports,
)
  .filter((path) => !path.endsWith('.json'))
  .map((path) => `eventsource-fetch${path.slice(1)}`);

/** A separate folder with these files, in which the library, all tools and these links to packages are installed. */
export function createConsumer(
  name: string,
  files: Record<string, string>,
  links: Record<string, string> = {},
): string {
  const folder = join(HERE, '.consumers', name.replace(/[^\w.-]+/g, '-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const [path, target] of Object.entries(links)) {
    const link = join(folder, 'node_modules', path);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(HERE, 'node_modules', target), link);
  }
  return folder;
}

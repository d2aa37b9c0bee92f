import { readFileSync } from 'node:fs';
import { type Page, parsePage } from '../page.js';

export { run } from '../page.js';

export function readPage(path: string, languages?: string): Page {
  return parsePage(path, readFileSync(path, 'utf8'), languages);
}

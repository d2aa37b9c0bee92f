import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Installed and generated files are not checked. */
const LEFT_OUT = /^(node_modules|dist|site|results|\.git|\.consumers)$/;

/** Every page below a folder. */
function findPages(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.test(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return findPages(path);
    return path.endsWith('.md') ? [path] : [];
  });
}

/** The text without its code, which has no links or headings. */
const withoutBlocks = (text: string) => text.replace(/^( *)(```+|~~~+).*\n[\s\S]*?^\1\2.*$/gm, '');
const withoutCode = (text: string) => withoutBlocks(text).replace(/(`+)[^`].*?\1/g, '');

/** Inline links and images, reference links, and HTML links. */
function findLinks(text: string): string[] {
  const patterns = [/\]\(\s*<?([^)\s>]+)/g, /^\[[^\]]+\]:\s*(\S+)/gm, /\b(?:href|src)="([^"]*)"/g];
  return patterns.flatMap((pattern) =>
    [...withoutCode(text).matchAll(pattern)].map(([, target]) => target as string),
  );
}

/** The anchors that a page's headings have on GitHub, and explicit ones. */
function findAnchors(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutBlocks(text).matchAll(/^#{1,6} +(.*?)(?: +#+)? *$/gm)) {
    const shown = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const anchor = shown
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    let name = anchor;
    for (let count = 1; anchors.has(name); count++) name = `${anchor}-${count}`;
    anchors.add(name);
  }
  for (const [, name] of text.matchAll(/<\w+[^>]*\b(?:id|name)="([^"]+)"/g)) anchors.add(name as string);
  return anchors;
}

/** What is wrong with a link of a page, if anything. Links to other sites are not requested. */
function findFault(page: string, link: string): string | undefined {
  if (/^(https?|mailto):/.test(link)) return URL.canParse(link) ? undefined : 'no URL';
  const [path = '', anchor] = decodeURI(link).split('#');
  if (/^\w+:|^\//.test(path)) return 'neither relative nor of the web';
  const target = path ? join(dirname(page), path) : page;
  if (relative('.', target).startsWith('..')) return 'outside the repository';
  if (!existsSync(target)) return 'no such file';
  if (anchor === undefined) return undefined;
  if (statSync(target).isDirectory() || !target.endsWith('.md')) return 'an anchor in what is no page';
  return findAnchors(readFileSync(target, 'utf8')).has(anchor) ? undefined : 'no such anchor';
}

const pages = findPages('.');

test('all pages are found', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'demo/README.md', 'docs/migrating/native.md']));
});

test('every page of the guide is in the site', () => {
  const { projectDocuments } = JSON.parse(readFileSync('typedoc.json', 'utf8'));
  expect(projectDocuments).toEqual(expect.arrayContaining(findPages('docs')));
});

test.each(pages)('%s has no dead link', (page) => {
  const faults = findLinks(readFileSync(page, 'utf8'))
    .map((link) => ({ link, fault: findFault(page, link) }))
    .filter(({ fault }) => fault);
  expect(faults).toEqual([]);
});

describe('the check itself', () => {
  test('finds links of every kind, and none in code', () => {
    const text =
      'a [b](c.md "d") ![e](f.png)\n[g]: h.md\n<a href="i.md"> `[j](k.md)` [`l`](m.md)\n```md\n[n](o.md)\n```\n[p](q#r)';
    expect(findLinks(text).sort()).toEqual(['c.md', 'f.png', 'h.md', 'i.md', 'm.md', 'q#r']);
  });

  test('knows the anchors of headings', () => {
    const text =
      '# OpenAI: `chat` completions\n## Twice\n## Twice\n```sh\n# no heading\n```\n<a id="own"></a>';
    expect([...findAnchors(text)]).toEqual(['openai-chat-completions', 'twice', 'twice-1', 'own']);
  });

  test.each([
    ['missing.md', 'no such file'],
    ['llm.md#missing', 'no such anchor'],
    ['#missing', 'no such anchor'],
    ['../../elsewhere.md', 'outside the repository'],
    ['/docs/llm.md', 'neither relative nor of the web'],
    ['stream.md#errors', undefined],
    ['../README.md#options', undefined],
    ['demo/', undefined],
    ['https://example.com/#x', undefined],
  ])('of %s says: %s', (link, fault) => {
    expect(findFault('docs/stream.md', link)).toBe(fault);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** What a page with React in it imports. */
export interface Loaded {
  readonly React: typeof import('react');
  readonly createRoot: typeof import('react-dom/client').createRoot;
  readonly hydrateRoot: typeof import('react-dom/client').hydrateRoot;
  readonly renderToString: typeof import('react-dom/server').renderToString;
  readonly useEventSource: typeof import('eventsource-fetch/react').useEventSource;
}

const ENTRY = `
export * as React from 'react';
export { createRoot, hydrateRoot } from 'react-dom/client';
export { renderToString } from 'react-dom/server.browser';
export { useEventSource } from 'eventsource-fetch/react';
`;

/** A bundle of the hook and of the React that is installed in this folder, which all of it shares. */
export async function load(packages: string): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'react-'));
  const outfile = join(folder, 'page.cjs');
  try {
    await build({
      stdin: { contents: ENTRY, resolveDir: import.meta.dirname, loader: 'ts' },
      outfile,
      bundle: true,
      format: 'cjs',
      platform: 'browser',
      // Where warnings are said.
      define: { 'process.env.NODE_ENV': '"development"' },
      tsconfig: join(import.meta.dirname, '../tsconfig.json'),
      alias: Object.fromEntries(
        ['react', 'react-dom'].map((name) => [name, join(packages, 'node_modules', name)]),
      ),
      logLevel: 'error',
    });
    return createRequire(outfile)(outfile) as Loaded;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

import { createRequire } from 'node:module';
import { build } from 'esbuild';

/** Bundles a Worker as its tools do, runs it in workerd with these Miniflare options, and sends it one request. */
export async function askWorker(
  entryPoint: string,
  options: { readonly compatibilityDate: string; readonly [name: string]: unknown },
  request?: RequestInit,
): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    // Not the one of the sources, which maps the name to them.
    tsconfigRaw: {},
    write: false,
  });
  const { Miniflare } = createRequire(import.meta.url)('miniflare');
  const modules = [{ type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0]?.text }];
  const miniflare = new Miniflare({ modules, ...options });
  try {
    return await (await miniflare.dispatchFetch('http://worker.test/', request)).text();
  } finally {
    await miniflare.dispose();
  }
}

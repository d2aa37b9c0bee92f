import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { compile, compileModule } from 'svelte/compiler';
import { defineConfig, type Plugin, type ViteUserConfig } from 'vitest/config';
import { compileScript, parse } from 'vue/compiler-sfc';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The frameworks' own compilers, for files that are not plain scripts. */
const compilers: Plugin = {
  name: 'compilers',
  enforce: 'pre',
  async transform(code, filename) {
    if (filename.endsWith('.vue')) {
      const { descriptor, errors } = parse(code, { filename });
      if (errors[0]) throw errors[0];
      return compileScript(descriptor, { id: 'feed', inlineTemplate: true }).content;
    }
    if (filename.endsWith('.svelte')) return compile(code, { filename }).js;
    if (/\.svelte\.[jt]s$/.test(filename)) {
      const { code: script } = await transform(code, { loader: 'ts' });
      return compileModule(script, { filename }).js;
    }
    return undefined;
  },
};

const config: ViteUserConfig = defineConfig({
  root,
  plugins: [compilers],
  resolve: {
    alias: {
      'eventsource-fetch/react': `${root}src/react.ts`,
      'eventsource-fetch': `${root}src/index.ts`,
      // The hook has to get the one that renders it.
      react: `${root}test/frameworks/node_modules/react`,
    },
    // Svelte has other modules for servers, in which no effect runs.
    conditions: ['browser'],
  },
  test: {
    include: ['test/frameworks/*.test.ts'],
    environment: './test/happy-dom.ts',
    globalSetup: 'test/global-setup.ts',
    server: { deps: { inline: [/svelte/, /esm-env/] } },
    testTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
  },
});

export default config;

import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';

const shared: Options = { format: ['esm', 'cjs'], target: 'es2022', sourcemap: true };

/** Browsers follow redirects on their own: they get less code. */
const forBrowsers: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'for-browsers',
  setup(build) {
    build.onResolve({ filter: /^\.\/transport\.js$/ }, () => ({
      path: fileURLToPath(new URL('src/browser-transport.ts', import.meta.url)),
    }));
  },
};

const config: ReturnType<typeof defineConfig> = defineConfig([
  { ...shared, entry: { index: 'src/index.ts' }, dts: true },
  { ...shared, entry: { browser: 'src/index.ts' }, esbuildPlugins: [forBrowsers] },
]);

export default config;

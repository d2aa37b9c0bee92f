import { defineConfig } from 'tsup';

const config: ReturnType<typeof defineConfig> = defineConfig([
  {
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    target: 'es2022',
    dts: true,
    sourcemap: true,
  },
]);

export default config;

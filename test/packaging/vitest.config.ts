import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/packaging/*.test.ts'],
    globalSetup: 'test/packaging/install.ts',
    // Compilers and bundlers take what they get of a small machine: one file after the other, two of its tests at once.
    fileParallelism: false,
    maxConcurrency: 2,
    testTimeout: 300_000,
  },
});

export default config;

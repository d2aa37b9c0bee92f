import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/packaging/*.test.ts'],
    globalSetup: 'test/packaging/install.ts',
    // Compilers and bundlers take all they can get of a small machine: one file at a time, and two of its tests.
    fileParallelism: false,
    maxConcurrency: 2,
    testTimeout: 300_000,
    // They install packages.
    hookTimeout: 300_000,
  },
});

export default config;

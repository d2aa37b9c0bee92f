import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: { include: ['test/sdks/*.test.js'], testTimeout: 30_000 },
});

export default config;

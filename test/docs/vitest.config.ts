import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Where Debian installs it, or where the variable points. */
const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

const config: ViteUserConfig = defineConfig({
  resolve: {
    alias: [
      { find: /^eventsource-fetch$/, replacement: `${repository}src/index.ts` },
      { find: /^eventsource-fetch\/stream$/, replacement: `${repository}src/stream.ts` },
    ],
  },
  test: {
    globalSetup: `${repository}test/global-setup.ts`,
    testTimeout: 30_000,
    // The machines are noisy: what is polled for comes, but not always soon.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        root: repository,
        test: { name: 'node', include: ['test/docs/*.test.ts'], exclude: ['test/docs/migrating.test.ts'] },
      },
      {
        extends: true,
        // The published clients are made for browsers, where all of them run, and so does the native one.
        root: fileURLToPath(new URL('.', import.meta.url)),
        server: { fs: { allow: [repository] } },
        optimizeDeps: {
          include: ['@microsoft/fetch-event-source', 'event-source-polyfill', 'eventsource', 'sse.js'],
        },
        test: {
          name: 'browser',
          include: ['migrating.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath, args: ['--no-sandbox'] } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});

export default config;

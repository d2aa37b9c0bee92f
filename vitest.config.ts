import { existsSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config';

/** Where Debian installs it, or wherever the variable points. */
const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Tests of behaviour that is the same everywhere; `node/` and `browser/` hold the rest. */
const everywhere = ['test/*.test.ts'];

const projects: TestProjectInlineConfiguration[] = [
  { extends: true, test: { name: 'node', include: [...everywhere, 'test/node/*.test.ts'] } },
  { extends: true, test: { name: 'happy-dom', include: everywhere, environment: './test/happy-dom.ts' } },
];

if (existsSync(executablePath)) {
  projects.push({
    extends: true,
    // As in the build for browsers.
    resolve: { alias: [{ find: /^\.\/(platform|transport)\.js$/, replacement: './browser-$1.ts' }] },
    test: {
      name: 'browsers',
      include: [...everywhere, 'test/browser/*.test.ts'],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: ['--no-sandbox'] } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  });
} else if (process.env['CI']) {
  throw new Error(`No browser at ${executablePath}: apt-get install chromium, or set CHROMIUM_PATH`);
} else if (!process.env['BROWSERS_LEFT_OUT']) {
  // Said once, though this file is loaded for each project.
  process.env['BROWSERS_LEFT_OUT'] = 'true';
  console.warn(
    `Browser tests left out: no ${executablePath}. apt-get install chromium, or set CHROMIUM_PATH.`,
  );
}

const config: ViteUserConfig = defineConfig({
  test: {
    globalSetup: 'test/global-setup.ts',
    testTimeout: 30_000,
    // The machines are noisy: what is polled for comes, but not always soon.
    expect: { poll: { timeout: 20_000 } },
    projects,
  },
});

export default config;

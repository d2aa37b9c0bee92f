import { existsSync } from 'node:fs';
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config';

const { CHROMIUM_PATH = '/usr/bin/chromium', FIREFOX_PATH = '/usr/bin/firefox-esr', CI } = process.env;

/** CI must have both. */
const projects: TestProjectInlineConfiguration[] = [
  { name: 'chromium' as const, executablePath: CHROMIUM_PATH },
  { name: 'firefox' as const, executablePath: FIREFOX_PATH },
]
  .filter(({ executablePath }) => CI || existsSync(executablePath))
  .map((engine) => ({ extends: true, test: { name: engine.name, provide: { engine } } }));

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/tabs/*.test.ts'],
    maxWorkers: 1,
    testTimeout: 300_000,
    // Browsers take a while to start.
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 50 } },
    projects,
  },
});

export default config;

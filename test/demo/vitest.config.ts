import { existsSync } from 'node:fs';
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config';

const { CHROMIUM_PATH = '/usr/bin/chromium', FIREFOX_PATH = '/usr/bin/firefox-esr', CI } = process.env;

/** What the tests are told about a browser: its name and its path. */
export interface Engine {
  readonly name: 'chromium' | 'firefox';
  readonly executablePath: string;
}

const engines: Engine[] = [
  { name: 'chromium', executablePath: CHROMIUM_PATH },
  { name: 'firefox', executablePath: FIREFOX_PATH },
];

declare module 'vitest' {
  interface ProvidedContext {
    engine: Engine;
  }
}

const projects: TestProjectInlineConfiguration[] = [
  { extends: true, test: { name: 'commands', include: ['test/demo/commands/*.test.ts'] } },
];
for (const engine of engines) {
  // CI must have both.
  if (!existsSync(engine.executablePath) && !CI) continue;
  projects.push({
    extends: true,
    test: { name: engine.name, include: ['test/demo/*.test.ts'], provide: { engine } },
  });
}

const config: ViteUserConfig = defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 60_000,
    // Browsers take a while to start.
    hookTimeout: 60_000,
    // The machines are noisy: what is polled for comes, but not always soon.
    expect: { poll: { timeout: 30_000, interval: 100 } },
    projects,
  },
});

export default config;

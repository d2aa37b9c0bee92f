import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type PlaywrightProviderOptions, playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config';
import type { BrowserInstanceOption } from 'vitest/node';
import { WEBKIT_FILES, webkit } from './test/webkit.js';

type Launch = NonNullable<PlaywrightProviderOptions['launchOptions']>;

/** Where Debian installs them, or wherever the variables point. */
const chromium: string = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const firefox: string = process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr';

/** The browsers that there can be: the files that each needs, Debian's packages, and its instance. */
const BROWSERS: Record<
  string,
  [files: readonly string[], packages: string, instance: BrowserInstanceOption]
> = {
  chromium: [[chromium], 'chromium', drive('chromium', { executablePath: chromium, args: ['--no-sandbox'] })],
  firefox: [
    [firefox],
    'firefox-esr',
    // The channel is the protocol that a Firefox speaks which Playwright has not patched.
    drive('firefox', { executablePath: firefox, channel: 'moz-firefox' }),
  ],
  webkit: [WEBKIT_FILES, 'webkit2gtk-driver xvfb', { browser: 'webkit', provider: webkit() }],
};

function drive(browser: 'chromium' | 'firefox', launchOptions: Launch): BrowserInstanceOption {
  return { browser, provider: playwright({ launchOptions }) };
}

/** Those that are wanted and there. In CI all must be that are wanted. */
function findBrowsers(): BrowserInstanceOption[] {
  const wanted = process.env['BROWSERS']?.split(',') ?? ['chromium'];
  return wanted.flatMap((name) => {
    const [files = [], packages, instance] = BROWSERS[name] ?? [];
    const missing = files.filter((file) => !existsSync(file)).join(', ');
    if (instance && !missing) return instance;
    const message = `No ${name}${missing && `: no ${missing}`}; apt-get install ${packages}`;
    if (process.env['CI'] || !instance) throw new Error(message);
    // Said once, though this file is loaded for each project.
    if (!process.env['BROWSERS_LEFT_OUT']) console.warn(`Browser tests left out. ${message}`);
    process.env['BROWSERS_LEFT_OUT'] = 'true';
    return [];
  });
}

/** A service worker may serve no more than its own folder unless its server allows it: msw's is to serve the page. */
const allowMsw: NonNullable<ViteUserConfig['plugins']>[number] = {
  name: 'allow-msw',
  configureServer({ middlewares }) {
    middlewares.use('/node_modules/msw/lib/mockServiceWorker.js', (_request, response, next) => {
      response.setHeader('Service-Worker-Allowed', '/');
      next();
    });
  },
};

/** Tests of behaviour that is the same everywhere; `node/` and `browser/` hold the rest. */
const everywhere = ['test/*.test.ts'];

const projects: TestProjectInlineConfiguration[] = [
  { extends: true, test: { name: 'node', include: [...everywhere, 'test/node/*.test.ts'] } },
  { extends: true, test: { name: 'happy-dom', include: everywhere, environment: './test/happy-dom.ts' } },
  { extends: true, test: { name: 'jsdom', include: everywhere, environment: 'jsdom' } },
];

const instances = findBrowsers();
if (instances.length) {
  projects.push({
    extends: true,
    plugins: [allowMsw],
    // Found only on the way, they would reload the page.
    optimizeDeps: { include: ['fast-check', 'msw', 'msw/browser'] },
    test: {
      name: 'browsers',
      include: [...everywhere, 'test/browser/*.test.ts'],
      browser: { enabled: true, headless: true, screenshotFailures: false, instances },
    },
  });
}

const config: ViteUserConfig = defineConfig({
  test: {
    globalSetup: 'test/global-setup.ts',
    testTimeout: 30_000,
    // Most tests wait most of the time. By default, machines with two processors run one file at a time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // The machines are noisy: what is polled for comes, but not always soon.
    expect: { poll: { timeout: 20_000 } },
    projects,
  },
});

export default config;

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { defineBrowserProvider } from '@vitest/browser';
import type { BrowserProvider, BrowserProviderOption } from 'vitest/node';

const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

/** What Debian's `webkit2gtk-driver` and `xvfb` install. */
export const WEBKIT_FILES: readonly string[] = ['/usr/bin/WebKitWebDriver', MINI_BROWSER, '/usr/bin/Xvfb'];

const CAPABILITIES = {
  alwaysMatch: { 'webkitgtk:browserOptions': { binary: MINI_BROWSER, args: ['--automation'] } },
};

/** A port that was free a moment ago, because the driver cannot choose one itself. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Drives WebKitGTK through its WebDriver, on its own display. Playwright drives only a WebKit that it has patched. */
export class WebKit {
  readonly #children: ChildProcess[] = [];
  #session: Promise<string> | undefined;

  async visit(url: string): Promise<void> {
    this.#session ??= this.#start();
    await this.#send('POST', 'url', { url });
  }

  /** The result of a function's body in the page, as JSON. */
  evaluate(script: string): Promise<unknown> {
    return this.#send('POST', 'execute/sync', { script, args: [] });
  }

  async click(selector: string): Promise<void> {
    await this.#send('POST', `${await this.#find(selector)}/click`, {});
  }

  /** Types text instead of what is there. */
  async type(selector: string, text: string): Promise<void> {
    const element = await this.#find(selector);
    await this.#send('POST', `${element}/clear`, {});
    await this.#send('POST', `${element}/value`, { text });
  }

  async close(): Promise<void> {
    if (await this.#session?.catch(() => undefined)) await this.#send('DELETE', '').catch(() => {});
    for (const child of this.#children.reverse()) child.kill();
  }

  async #find(selector: string): Promise<string> {
    const element = await this.#send('POST', 'element', { using: 'css selector', value: selector });
    return `element/${Object.values(element as Record<string, string>)[0]}`;
  }

  async #send(method: string, path: string, body?: object): Promise<unknown> {
    return send(method, `${await this.#session}/${path}`.replace(/\/$/, ''), body);
  }

  /** The URL of a session with an open browser. */
  async #start(): Promise<string> {
    const screen = this.#spawn('Xvfb', ['-displayfd', '1', '-nolisten', 'tcp'], {});
    const [display] = await once(screen.stdout as NonNullable<typeof screen.stdout>, 'data');
    const port = await findPort();
    this.#spawn('WebKitWebDriver', [`--port=${port}`], {
      DISPLAY: `:${String(display).trim()}`,
      // Without one, the page's language is C, which is no language.
      LANG: 'en_US.UTF-8',
    });
    const driver = `http://127.0.0.1:${port}/session`;
    for (;;) {
      // Until the driver listens, or one of the two has ended.
      const answer = await send('POST', driver, { capabilities: CAPABILITIES }).catch((error) => {
        if (!(error instanceof TypeError) || this.#children.some(({ exitCode }) => exitCode !== null))
          throw error;
      });
      if (answer) return `${driver}/${(answer as { sessionId: string }).sessionId}`;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #spawn(command: string, args: string[], env: Record<string, string>): ChildProcess {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#children.push(child);
    return child;
  }
}

async function send(method: string, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, body ? { method, body: JSON.stringify(body) } : { method });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) throw new Error(`WebDriver: ${JSON.stringify(value)}`);
  return value;
}

class WebKitProvider implements BrowserProvider {
  readonly name = 'webkit';
  readonly supportsParallelism = false;
  readonly #browser: WebKit = new WebKit();

  getCommandsContext(): Record<string, unknown> {
    return {};
  }

  openPage(_sessionId: string, url: string): Promise<void> {
    return this.#browser.visit(url);
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

export function webkit(): BrowserProviderOption {
  return defineBrowserProvider({
    name: 'webkit',
    options: {},
    providerFactory: () => new WebKitProvider(),
  });
}

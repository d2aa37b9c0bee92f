import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright';
import { onTestFinished } from 'vitest';

let browser: Promise<Browser> | undefined;

/** Where Debian installs it, or where the variable points. */
const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** A server until the end of the test. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The library as a script that defines the global `FetchEventSource`. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ['src/script.ts'],
    bundle: true,
    format: 'iife',
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}

/** A page in Chromium that has the library, with its own origin. */
export async function openPage(): Promise<{ page: Page; origin: string }> {
  browser ??= chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const script = await bundle();
  const origin = await serve((_, response) =>
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<link rel="icon" href="data:,">'),
  );
  const page = await (await browser).newPage();
  onTestFinished(() => page.close());
  await page.goto(origin);
  await page.addScriptTag({ content: script });
  return { page, origin };
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
}

import { expect, onTestFinished, vi } from 'vitest';
import type { Demo, DemoOptions } from '../../demo/demo.js';
import { startDemo } from '../../demo/server.js';

/** Fast enough to walk through everything in seconds. */
const FAST: DemoOptions = {
  interval: 100,
  reconnectionTime: 200,
  stopDuration: 1000,
  restartDuration: 500,
  // More than a first failure adds.
  retryAfter: 2,
  greetingInterval: 100,
  timeInterval: 100,
  pingInterval: 100,
  pauseDuration: 2000,
  newsInterval: 50,
  modelInterval: 15,
};

const ANY_PORTS = { index: 0, classic: 0, counter: 0, time: 0 };

/** Starts the demo until the end of the test. */
export async function start(options: DemoOptions = {}): Promise<Demo> {
  const demo = await startDemo(ANY_PORTS, { ...FAST, ...options });
  onTestFinished(() => demo.close());
  return demo;
}

/** The server's answer, once it is up. */
export async function ask(demo: Demo, path: string): Promise<Record<string, unknown>> {
  const attempt = () => fetch(demo.url + path).catch(() => undefined);
  const response = await vi.waitUntil(attempt, { timeout: 20_000, interval: 100 });
  return response.json();
}

/** How many events the server says it has sent to a client, or in a run. */
export async function sentTo(
  demo: Demo,
  path: string,
  client: string | null | undefined,
): Promise<number | undefined> {
  const { sent } = (await ask(demo, path)) as { sent: Record<string, number> };
  return sent[`${client}`];
}

/**
 * Waits until a client has as many events as it was sent. The client is asked first. So a lost event makes a difference
 * for ever, however many follow.
 */
export async function expectAllHeard(
  demo: Demo,
  path: string,
  client: string | null | undefined,
  heard: () => Promise<unknown>,
): Promise<void> {
  const difference = async () => {
    const count = Number(await heard());
    return Number(await sentTo(demo, path, client)) - count;
  };
  await expect.poll(difference).toBe(0);
}

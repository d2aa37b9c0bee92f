import { pathToFileURL } from 'node:url';
import { Demo, type DemoOptions, type Ports } from './demo.js';

/** The default ports, if free: those that a first server often has. */
const USUAL: Ports = { index: 8000, classic: 8080, counter: 3000, time: 3111 };

/**
 * Starts the demo.
 * @param ports - 0 is any free one. Rejects if the index page's port is taken.
 */
export async function startDemo(ports: Ports, options?: DemoOptions): Promise<Demo> {
  const demo = new Demo(options);
  try {
    await demo.listen(ports);
  } catch (error) {
    demo.close();
    throw error;
  }
  return demo;
}

async function startAsAsked(asked: string | undefined): Promise<Demo> {
  if (asked === undefined) return startDemo(USUAL).catch(() => startDemo({ ...USUAL, index: 0 }));
  const index = Number(asked);
  if (!Number.isInteger(index) || index < 0 || index > 65535) throw new Error(`No port number: ${asked}`);
  try {
    return await startDemo({ ...USUAL, index });
  } catch (cause) {
    const isTaken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw isTaken ? new Error(`Port ${index} is in use: choose another one, or none.`, { cause }) : cause;
  }
}

async function main(): Promise<void> {
  const { PORT } = process.env;
  try {
    const { url, servers } = await startAsAsked(process.argv[2] ?? PORT);
    console.log(`Demo: ${url}

Open it in a browser: the index page leads to all of them. Their streams, for clients of your own:
  ${servers.classic}/stream
  ${servers.counter}/sse
  ${servers.time}/events
  ${url}/event-stream
The lab's stream in Node:  npm run demo:node ${url}
By hand:                   curl -X POST ${url}/lab/token
                           curl -N ${url}/lab/feed -H 'Authorization: Bearer …'
Ctrl-C ends it.`);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();

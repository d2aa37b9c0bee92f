import { pathToFileURL } from 'node:url';
import { Demo, type DemoOptions } from './demo.js';

/** Where the demo is when nobody asks for another port and this one is free. */
const USUAL_PORT = 8080;

/**
 * Starts the demo.
 * @param port - 0 for any free one. Rejects if it is taken.
 */
export async function startDemo(port: number, options?: DemoOptions): Promise<Demo> {
  const demo = new Demo(options);
  try {
    await demo.listen(port);
  } catch (error) {
    demo.close();
    throw error;
  }
  return demo;
}

async function startAsAsked(asked: string | undefined): Promise<Demo> {
  if (asked === undefined) return startDemo(USUAL_PORT).catch(() => startDemo(0));
  const port = Number(asked);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`No port number: ${asked}`);
  try {
    return await startDemo(port);
  } catch (cause) {
    const isTaken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw isTaken ? new Error(`Port ${port} is in use: choose another one, or none.`, { cause }) : cause;
  }
}

async function main(): Promise<void> {
  const { PORT } = process.env;
  try {
    const { url } = await startAsAsked(process.argv[2] ?? PORT);
    console.log(`Demo: ${url}

Open it in a browser, then cut the connections or stop the server there and watch the stream resume.
The same stream in Node:  npm run demo:node ${url}
By hand:                  curl -X POST ${url}/token
                          curl -N ${url}/feed -H 'Authorization: Bearer …'
Ctrl-C ends it.`);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { start } from '../start.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs a script of the demo until its output matches. */
async function runUntil(pattern: RegExp, script: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], { cwd: root });
  onTestFinished(() => void child.kill());
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  for await (const chunk of child.stdout) {
    output += chunk;
    if (pattern.test(output)) return output;
  }
  throw new Error(`It ended after: ${output}`);
}

test('the Node script prints the feed without a gap while tokens expire', async () => {
  const demo = await start({ tokenLifetime: 1000 });
  const output = await runUntil(
    /(next attempt in \d+ ms\n[\s\S]* message \{[\s\S]*){2}/,
    'demo/node.ts',
    demo.url,
  );
  const numbers = [...output.matchAll(/^\w+-(\d+) (?:message|signup) \{/gm)].map(([, number]) =>
    Number(number),
  );
  expect(numbers).toEqual(numbers.map((_, index) => Number(numbers[0]) + index));
});

test('the Node script says what to do when there is no demo', async () => {
  const demo = await start();
  const { url } = demo;
  demo.close();
  expect(await runUntil(/npm run demo/, 'demo/node.ts', url)).toContain(`Nothing to read from at ${url}`);
});

test('the demo says where it is, and that a port is taken', async () => {
  const output = await runUntil(/Ctrl-C/, 'demo/server.ts', '0');
  expect(output).toMatch(/^Demo: http:\/\/localhost:\d+$/m);
  const { port } = new URL((await start()).url);
  await expect(runUntil(/never/, 'demo/server.ts', port)).rejects.toThrow(`Port ${port} is in use`);
});

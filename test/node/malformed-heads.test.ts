import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test('no response head ends the process, however malformed', { timeout: 120_000 }, async () => {
  const program = fileURLToPath(new URL('malformed-heads.js', import.meta.url));
  const { stdout } = await run(process.execPath, [program]);
  // 38 heads, with the connection kept and ended
  expect(JSON.parse(stdout)).toEqual({ passed: 76, skipped: 0, failures: [] });
});

// For Node, Deno and Bun: `node test/built/program.js http://server`.
import { createRequire } from 'node:module';
import * as esm from 'eventsource-fetch';
import { runChecks } from './checks.js';

const result = await runChecks(process.argv[2]);
const cjs = createRequire(import.meta.url)('eventsource-fetch');
if (Object.keys(cjs).join() === Object.keys(esm).join()) result.passed++;
else result.failures.push(`CommonJS has other exports: ${Object.keys(cjs)}`);
// The process must exit by itself, or the run of all runtimes waits for it in vain.
console.log(JSON.stringify(result));

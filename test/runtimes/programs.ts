import { join } from 'node:path';

const HERE: string = import.meta.dirname;

/** What `npm run test:runtimes` installs. */
export const MODULES: string = join(HERE, 'node_modules');
export const DENO: string = join(MODULES, '@deno/linux-x64-glibc/deno');
export const BUN: string = join(MODULES, '@oven/bun-linux-x64/bin/bun');

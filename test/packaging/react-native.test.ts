import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE } from './consumer.js';

interface Babel {
  transformFileSync(path: string, options: object): { code: string } | null;
}

const require = createRequire(import.meta.url);
const babel = require('@babel/core') as Babel;

/** What Metro compiles of the package: not the command, nor the files for pages without a bundler. */
const files = readdirSync(join(PACKAGE, 'dist')).filter((name) => /^(?!cli|.*\.min).*\.(js|cjs)$/.test(name));

test.each(['react-native-0.76', 'react-native-latest'])('the compiler of %s takes each file', (preset) => {
  expect(files.length).toBeGreaterThan(10);
  for (const name of files) {
    const result = babel.transformFileSync(join(PACKAGE, 'dist', name), {
      babelrc: false,
      configFile: false,
      presets: [require(preset)],
      caller: { name: 'metro', platform: 'ios', bundler: 'metro', engine: 'hermes' },
    });
    expect(result?.code, name).toBeTruthy();
  }
});

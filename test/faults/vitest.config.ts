import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The test of when a crowd arrives needs the CPU to itself. */
const alone = 'test/faults/storm.test.ts';

const config: ViteUserConfig = defineConfig({
  test: {
    pool: 'forks',
    execArgv: ['--expose-gc'],
    maxWorkers: 2,
    testTimeout: 30_000,
    reporters: ['default', './test/faults/table.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'faults', include: ['test/faults/*.test.ts'], exclude: [alone] },
      },
      { extends: true, test: { name: 'storm', include: [alone], sequence: { groupOrder: 1 } } },
    ],
  },
});

export default config;

import { expect, test } from 'vitest';
import { type Action, drive, type Plan } from '../tabs/drive.js';

/** `npm run fuzz:tabs` sets more. */
const RUNS = Number(process.env['TABS_RUNS'] ?? 2000);

const LIFE: Action[] = [
  'emit',
  'emit',
  'emit',
  'burst',
  'say',
  'wait',
  'open',
  'open',
  'resume',
  'kill',
  'close',
];
const ALL: Action[] = [
  ...LIFE,
  'emit',
  'reconnect',
  'stall',
  'freeze',
  'hide',
  'show',
  'show',
  'turn',
  'slow',
  'cut',
  'restart',
];
const GOOD = { delay: 8, reorders: false, loss: 0, skew: 0, tabs: 5, steps: 40 };
const BAD = { ...GOOD, delay: 200, reorders: true, loss: 0.05, skew: 100_000 };

/** The share of the sequences, and what may happen in them. */
const PLANS: [name: string, share: number, plan: Plan][] = [
  ['leaders die and tabs come and go', 0.2, { ...GOOD, actions: [...LIFE, 'kill', 'kill'] }],
  ['everything happens to tabs and server', 0.4, { ...GOOD, delay: 30, actions: ALL }],
  ['messages are late, lost and overtake each other, and clocks differ', 0.4, { ...BAD, actions: ALL }],
];

test.each(PLANS)(
  'whatever happens, each tab gets every event once and in order: %s',
  async (_name, share, plan) => {
    for (let seed = 1; seed <= RUNS * share; seed++) {
      const { faults } = await drive(seed, plan);
      expect(faults, `seed ${seed}`).toEqual([]);
    }
  },
  RUNS * 1000,
);

test('a leader that dies is replaced without an error in any tab', async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const { errors } = await drive(seed, { ...GOOD, actions: [...LIFE, 'kill'] });
    expect(errors, `seed ${seed}`).toEqual([]);
  }
});

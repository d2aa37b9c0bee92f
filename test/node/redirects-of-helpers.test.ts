// The suite of redirects, where each source without a `fetch` gets one of ours.
import { beforeAll, describe, vi } from 'vitest';
import type { FetchEventSourceInit } from '../../src/index.js';
import { transport } from '../../src/platform/transport.js';
import { resumable } from '../../src/resumable.js';
import { whileVisible } from '../../src/visible.js';
import type * as Scripted from '../scripted.js';

type Fetch = NonNullable<FetchEventSourceInit['fetch']>;

const state = vi.hoisted(() => ({ create: (): unknown => undefined }));

vi.mock('../scripted.js', async (load) => {
  const actual = await load<typeof Scripted>();
  const connect: typeof actual.connect = (url, init = {}) => {
    // Not a spread, which would lose what a Request inherits.
    if (!Object.hasOwn(init, 'fetch')) Object.assign(init, { fetch: state.create() });
    return actual.connect(url, init);
  };
  return { ...actual, connect };
});

const SENDERS: [name: string, create: () => Fetch][] = [
  ['the transport', () => transport],
  ['whileVisible()', () => whileVisible()],
  ['resumable()', () => resumable({ key: `${Math.random()}` })],
];

for (const [name, create] of SENDERS) {
  describe(name, async () => {
    beforeAll(() => {
      state.create = create;
    });
    // A module of its own each time.
    await import(/* @vite-ignore */ `./redirects.test.ts?${encodeURIComponent(name)}`);
  });
}

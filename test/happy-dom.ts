import { builtinEnvironments, type Environment } from 'vitest/runtime';

/**
 * happy-dom's page, events and event targets with Node's own networking. happy-dom's `fetch` closes a body that was
 * cancelled, and so throws where no test can catch it.
 */
const KEPT = [
  'fetch',
  'Headers',
  'Request',
  'Response',
  'FormData',
  'Blob',
  'AbortController',
  'AbortSignal',
] as const;

const environment: Environment = {
  ...builtinEnvironments['happy-dom'],
  name: 'happy-dom',
  async setup(global, options) {
    const kept = KEPT.map((name) => [name, global[name]] as const);
    const result = await builtinEnvironments['happy-dom'].setup(global, options);
    for (const [name, value] of kept) {
      Object.defineProperty(global, name, { value, configurable: true, writable: true });
    }
    return result;
  },
};

export default environment;

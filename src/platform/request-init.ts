import type { Init } from '../http/call-fetch.js';

/** What the standard accepts and an event stream can live with. Some runtimes' `Request` takes anything. */
const ACCEPTED: Record<string, RegExp> = {
  cache: /^(default|no-store|reload|no-cache|force-cache|only-if-cached)$/,
  credentials: /^(omit|same-origin|include)$/,
  integrity: /^$/,
  method: /^(?!(head|connect|trace|track)$)[\w!#$%&'*+.^`|~-]+$/i,
  mode: /^(cors|same-origin)$/,
};

export function isRefused(name: string, value: unknown): boolean {
  const accepted = ACCEPTED[name];
  return accepted ? !accepted.test(`${value}`) : isUnknown(name, value);
}

/** Whether this runtime's `fetch` throws for a member of its init, as that of Workers does for what it lacks. */
function isUnknown(name: string, value: unknown): boolean {
  try {
    // Not with a signal: a Request would listen to it.
    if (typeof value !== 'object') new Request('http://localhost', { [name]: value });
    return false;
  } catch {
    return true;
  }
}

/**
 * Makes an init fit a runtime without a cache, cookies and pages: Workers throw for some members that speak of these,
 * Deno and Bun ignore them.
 */
export function adapt(init: Init): Init {
  const { headers } = init;
  // rule 54
  if (init.cache === 'no-store' && !headers.has('Cache-Control')) headers.set('Cache-Control', 'no-cache');
  for (const name of ['cache', 'credentials', 'mode'] as const) {
    if (!isKnown(name, init[name])) delete init[name];
  }
  return init;
}

/** What `Request` is known to take. Finding out makes more garbage than the rest of an attempt. */
let known = new Set<string>();
/** Which class that was found out from: test environments replace the global. */
let probed: typeof Request | undefined;

function isKnown(name: string, value: unknown): boolean {
  // Not every runtime has one.
  if (probed !== globalThis.Request) known = new Set();
  probed = globalThis.Request;
  const member = `${name}: ${value}`;
  if (!known.has(member) && !isUnknown(name, value)) known.add(member);
  return known.has(member);
}

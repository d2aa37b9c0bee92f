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

/** Whether this runtime's `Request` throws for a member, as Workers do for what they lack. */
function isUnknown(name: string, value: unknown): boolean {
  try {
    // Not with a signal: a Request would listen to it.
    if (typeof value !== 'object') new Request('http://localhost', { [name]: value });
    return false;
  } catch {
    return true;
  }
}

/** Removes the members that Workers refuse. Deno and Bun would ignore them. */
export function adapt(init: Init): Init {
  const { headers } = init;
  // rule 54
  if (init.cache === 'no-store' && !headers.has('Cache-Control')) headers.set('Cache-Control', 'no-cache');
  for (const name of ['cache', 'credentials', 'mode'] as const) {
    if (!isKnown(name, init[name])) delete init[name];
  }
  return init;
}

/** Whether `Request` takes a member. Cached, because probing makes more garbage than the rest of an attempt. */
let known = new Map<string, boolean>();
/** The class that was probed. Tests replace it, and some runtimes have none. */
let probed: typeof Request | undefined;

function isKnown(name: string, value: unknown): boolean {
  if (probed !== globalThis.Request) known = new Map();
  probed = globalThis.Request;
  const member = `${name}: ${value}`;
  const isTaken = known.get(member) ?? !isUnknown(name, value);
  known.set(member, isTaken);
  return isTaken;
}

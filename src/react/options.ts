/** Schemas may be functions. Nobody calls them but the class. */
const isFunction = (value: unknown): value is (...args: unknown[]) => unknown =>
  typeof value === 'function' && !('~standard' in value);

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || '~standard' in value) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Such as `Headers`, `URLSearchParams` and `FormData`. */
const isList = (value: object): value is Iterable<unknown> =>
  Symbol.iterator in value && !ArrayBuffer.isView(value);

/**
 * Options as text, to compare those of two renders. Functions are all the same, because the latest one is called anyway,
 * and so is what has no value to compare: if a new one connected again, one that is made in each render would do so for
 * ever.
 */
export function describe(options: object): string {
  return JSON.stringify(options, (_name, value: unknown) => {
    if (typeof value === 'bigint') return `${value}`;
    if (isFunction(value)) return 'function';
    if (typeof value !== 'object' || value === null || isPlain(value)) return value;
    return isList(value) ? [...value] : 'object';
  });
}

/**
 * A copy of options in which each function calls the one that is in its place by then. `read` answers what stands where
 * the value stood.
 */
export function follow<T>(value: T, read: () => unknown): T {
  if (isFunction(value)) {
    const call = (...args: unknown[]): unknown => {
      const latest = read();
      return (isFunction(latest) ? latest : value)(...args);
    };
    return call as T;
  }
  if (!isPlain(value)) return value;
  const members = Object.entries(value).map(([name, member]) => {
    const readMember = () => (read() as Record<string, unknown> | undefined)?.[name];
    return [name, follow(member, readMember)] as const;
  });
  return Object.fromEntries(members) as T;
}

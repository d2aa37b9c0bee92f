/** What the caller gave, before anything is known of it. */
export type Members = Record<string, unknown>;

/** The options of `T`: for each its default, and whether a value is what it must be. */
export type Table<T> = {
  readonly [Name in keyof T]: readonly [initial: T[Name], isRight: (value: unknown) => boolean];
};

/** Whether a value is text without half a surrogate pair, which no request can carry. */
export function isText(value: unknown): boolean {
  try {
    return typeof value === 'string' && encodeURIComponent(value).length >= 0;
  } catch {
    return false;
  }
}

export const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0;

export const isFunction = (value: unknown): boolean => typeof value === 'function';

/**
 * Reads the options of a table, by default or as the caller gave them. What the table lacks goes to `takeOther`.
 *
 * @throws TypeError that names the option and the value received.
 */
export function readTable<T extends object>(
  table: Table<T>,
  members: Members,
  takeOther: (name: string, value: unknown) => void,
): T {
  const rows = new Map<string, readonly [unknown, (value: unknown) => boolean]>(Object.entries(table));
  const values: Members = {};
  for (const [name, [initial]] of rows) values[name] = initial;
  for (const [name, value] of Object.entries(members)) {
    const row = rows.get(name);
    if (!row) takeOther(name, value);
    else if (row[1](value)) values[name] = value;
    else throw new TypeError(`${name}: got ${String(value)}`);
  }
  return values as T;
}

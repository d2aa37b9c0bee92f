import { show } from '../errors/text.js';

/** What the caller gave, before anything is known of it. */
export type Members = Record<string, unknown>;

/** The options of `T`: for each its default, whether a value is what it must be, and what to pass in place of a wrong one. */
export type Table<T> = {
  readonly [Name in keyof T]: readonly [
    initial: T[Name],
    isRight: (value: unknown) => boolean,
    remedy?: string,
  ];
};

/**
 * What `read` makes of an option. Its getters, traps and conversions may throw anything.
 *
 * @param remedy - what to pass in place of a wrong value.
 * @throws TypeError that names the option and the value received, unless `read` throws one that names the option.
 */
export function guard<T>(name: string, value: unknown, read: () => T, remedy?: string): T {
  try {
    return read();
  } catch (error) {
    if (Object(error).message?.startsWith?.(`${name}: `)) throw error;
    return refuse(name, value, remedy);
  }
}

/** @throws TypeError that names the option, the value received, and what to pass in place of it. */
export function refuse(name: string, value: unknown, remedy?: string): never {
  throw new TypeError(`${name}: got ${show(value)}${remedy ? `; pass ${remedy}` : ''}`);
}

/** Whether a value is text without lone surrogates, which no request can carry. */
export const isText = (value: unknown): boolean =>
  typeof value === 'string' && !/[\ud800-\udfff]/u.test(value);

export const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0;

export const isBoolean = (value: unknown): boolean => typeof value === 'boolean';

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
  const rows = new Map<string, Table<Members>[string]>(Object.entries(table));
  const values: Members = {};
  for (const [name, [initial]] of rows) values[name] = initial;
  for (const [name, value] of Object.entries(members)) {
    const row = rows.get(name);
    if (!row) {
      takeOther(name, value);
      continue;
    }
    const [, isRight, remedy] = row;
    if (!guard(name, value, () => isRight(value), remedy)) refuse(name, value, remedy);
    values[name] = value;
  }
  return values as T;
}

import type { RecordStorage } from './options.js';

/** For as long as the program runs. Nothing is ever dropped of it: what was forgotten would be sent again. */
const records: Record<string, string> = {};

const memory: RecordStorage = {
  getItem: (name) => records[name] ?? null,
  setItem: (name, value) => void Object.assign(records, { [name]: value }),
  removeItem: (name) => void delete records[name],
};

/** The page's own, if it has one and may use it. Node's lasts no longer than the program either, and warns. */
export function findStorage(): RecordStorage {
  try {
    return globalThis.document ? sessionStorage : memory;
  } catch {
    return memory;
  }
}

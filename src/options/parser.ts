import type { Schema } from '../types/options.js';

export type Parse = (data: string, type: string) => unknown;

/**
 * The `parse` option as one function.
 * @throws TypeError if it is neither a function, nor a schema, nor an object of these by type of event.
 */
export function readParser(parser: unknown): Parse {
  const schema = Object(parser)['~standard'] as Schema<unknown>['~standard'] | undefined;
  if (schema) {
    return (data) => {
      const result = Object(schema.validate(JSON.parse(data)));
      // Some libraries return a value along with issues. A promise has neither; its rejection is ignored.
      result.catch?.(() => {});
      if ('value' in result && !result.issues) return result.value;
      throw new TypeError('parse: the schema found issues or is asynchronous', { cause: result.issues });
    };
  }
  if (typeof parser === 'function') return parser as Parse;
  if (typeof parser !== 'object') throw new TypeError(`parse: got ${parser}`);
  // A Map, because the server chooses the type, and it may be `constructor`.
  const parsers = new Map(
    Object.entries(Object(parser)).map(([type, parserOfType]) => [type, readParser(parserOfType)]),
  );
  return (data, type) => {
    const parse = parsers.get(type);
    return parse ? parse(data, type) : data;
  };
}

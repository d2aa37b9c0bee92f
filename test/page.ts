/** A page of the documentation. Tests run its blocks of code. */
export interface Page {
  readonly text: string;
  /** The blocks that no test has taken. */
  readonly left: ReadonlySet<string>;
  /**
   * Takes the block that contains this text. Each is taken only once, so in the end `left` shows what no test has run.
   */
  take(part: string): string;
}

/** A page from its text. By default, its blocks are those of JavaScript and TypeScript. */
export function parsePage(name: string, text: string, languages = '[jt]sx?'): Page {
  const blocks = text.matchAll(new RegExp(`\`\`\`(?:${languages})\\n(.*?)\`\`\``, 'gs'));
  const left = new Set([...blocks].map(([, code]) => code as string));
  return {
    text,
    left,
    take(part) {
      const found = [...left].find((code) => code.includes(part));
      if (!found) throw new Error(`No block of ${name} is left that has ${part}`);
      left.delete(found);
      return found;
    },
  };
}

/** Runs a block as a module would, with these names defined. Resolves with what it logged and asserted. */
export async function run(code: string, names: Record<string, unknown>): Promise<unknown[][]> {
  const output: unknown[][] = [];
  const console = {
    log: (...args: unknown[]) => output.push(args),
    assert: (claim: unknown) => output.push([claim]),
  };
  const scope: Record<string, unknown> = { console, ...names };
  const AsyncFunction = (async () => {}).constructor as new (
    ...args: string[]
  ) => (...args: unknown[]) => unknown;
  const body = code.replace(/^import .*\n/gm, '');
  await new AsyncFunction(...Object.keys(scope), body)(...Object.values(scope));
  return output;
}

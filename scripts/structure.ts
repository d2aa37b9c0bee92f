// Measures the sources (files, functions, imports) and checks them against limits. `npm run measure` prints the result,
// test/node/structure.test.ts enforces it.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import ts from 'typescript';
import { type FunctionMeasure, measureFunctions, parse } from './functions.js';

export const LIMITS = {
  /** In lines: what a reader can take in at one sitting. Types are looked up, not read, so their files may be longer. */
  file: 300,
  /** In lines: a function should fit on one screen. */
  functionLines: 30,
  /** Each path needs a test, and a reader has to keep all of them in mind. */
  complexity: 10,
  /** The scanner is one loop on purpose: a call per line would cost more than the loop saves. */
  scannerComplexity: 15,
  /** In modules, including the entry: how many files someone opens to get from the outside to the bottom. */
  depth: 7,
} as const;

/** The file with the line scanner. */
export const SCANNER = 'stream/interpreter.ts';

/** No limits on length or complexity here until the interpreter is rewritten. Its path before and after the move. */
export const EXEMPT: readonly string[] = [];

export interface Project {
  /** Path relative to the sources' folder, with slashes → text. */
  readonly sources: ReadonlyMap<string, string>;
  /** The package's name: entries may import each other by it. */
  readonly name?: string;
  /** `imports` of package.json: what `#name` resolves to. */
  readonly imports?: Readonly<Record<string, unknown>>;
}

export interface Import {
  readonly file: string;
  /** As written in the file. */
  readonly specifier: string;
  /** The file it resolves to, which may not exist. */
  readonly target: string;
  /** Whether it imports types only. */
  readonly isType: boolean;
}

/** File → the files it imports, or folder → the folders it may import. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** Room → the rooms it may import, or `*` for all. A room is a folder (`stream/`) or a top-level file (`stream.ts`). */
export type Rule = Readonly<Record<string, readonly string[]>>;

/** Reads the sources in a folder, and the package.json next to that folder. */
export function readProject(folder: string): Project {
  const { name, imports = {} } = JSON.parse(readFileSync(join(folder, '..', 'package.json'), 'utf8'));
  const files = readdirSync(folder, { encoding: 'utf8', recursive: true })
    .filter((file) => /(?<!\.d)\.ts$/.test(file))
    .sort();
  const sources = files.map(
    (file) => [file.replaceAll(sep, '/'), readFileSync(join(folder, file), 'utf8')] as const,
  );
  return { sources: new Map(sources), name, imports };
}

/** Counts like `wc -l`, plus a last line that has no newline. */
export const countLines = (text: string): number => text.split('\n').length - Number(/(^|\n)$/.test(text));

export const roomOf = (file: string): string => /^[^/]+\/?/.exec(file)?.[0] ?? file;

/** Whether all imported names are marked `type`. `import {} from` is no type import: it runs the module. */
function namesTypes(names: ts.Node | undefined): boolean {
  if (!names || !(ts.isNamedImports(names) || ts.isNamedExports(names))) return false;
  return names.elements.length > 0 && names.elements.every(({ isTypeOnly }) => isTypeOnly);
}

function isTypeImport(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly || namesTypes(node.exportClause);
  const clause = node.importClause;
  if (!clause) return false;
  return clause.isTypeOnly || (!clause.name && namesTypes(clause.namedBindings));
}

function isTypeStatement(node: ts.Statement): boolean {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return isTypeImport(node);
  const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : [];
  return !!modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);
}

/** Whether a file has no runtime code. */
export const holdsOnlyTypes = (file: string, text: string): boolean =>
  parse(file, text).statements.every(isTypeStatement);

/** The module that a node imports, and whether it imports types only; `undefined` for all other nodes. */
function readImport(node: ts.Node): [specifier: ts.Node | undefined, isType: boolean] | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    return [node.moduleSpecifier, isTypeImport(node)];
  if (ts.isImportTypeNode(node))
    return [ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true];
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return [node.arguments[0], false];
  return;
}

/** All strings in nested objects and arrays. */
const leaves = (tree: unknown): string[] =>
  typeof tree === 'string' ? [tree] : Object.values(tree ?? {}).flatMap(leaves);

/** The targets of a `#name`, on all platforms. */
function lookUp(imports: Readonly<Record<string, unknown>>, specifier: string): string[] {
  return Object.entries(imports).flatMap(([key, targets]) => {
    const [start = '', end] = key.split('*');
    if (end === undefined) return key === specifier ? leaves(targets) : [];
    if (!specifier.startsWith(start) || !specifier.endsWith(end)) return [];
    const matched = specifier.slice(start.length, specifier.length - end.length);
    return leaves(targets).map((target) => target.replaceAll('*', matched));
  });
}

const toSource = (path: string) => path.replace(/(\.d)?\.[cm]?[jt]s$/, '.ts');

/** The files a specifier resolves to: several if platforms differ, an empty list for other packages. */
function resolve(specifier: string, file: string, { name, imports = {} }: Project): string[] {
  if (specifier.startsWith('.')) return [toSource(posix.join(posix.dirname(file), specifier))];
  if (specifier === name) return ['index.ts'];
  if (name && specifier.startsWith(`${name}/`)) return [`${specifier.slice(name.length + 1)}.ts`];
  if (!specifier.startsWith('#')) return [];
  const targets = lookUp(imports, specifier);
  // Not in package.json: reported later as an import that leads nowhere.
  if (!targets.length) return [specifier];
  return targets
    .filter((target) => target.startsWith('./'))
    .map((target) => toSource(target.replace(/^\.\/(src|dist)\//, '')));
}

/** All imports between files of the project, one per file that a specifier may resolve to. */
export function findImports(project: Project): Import[] {
  const found: Import[] = [];
  for (const [file, text] of project.sources) {
    const visit = (node: ts.Node): void => {
      const [specifier, isType = false] = readImport(node) ?? [];
      if (specifier && ts.isStringLiteralLike(specifier)) {
        const targets = new Set(resolve(specifier.text, file, project));
        for (const target of targets) found.push({ file, specifier: specifier.text, target, isType });
      }
      ts.forEachChild(node, visit);
    };
    visit(parse(file, text));
  }
  return found;
}

/** Runtime imports only. */
function toGraph({ sources }: Project, imports: readonly Import[]): Graph {
  const graph = new Map<string, string[]>([...sources.keys()].map((file) => [file, []]));
  for (const { file, target, isType } of imports) if (!isType) graph.get(file)?.push(target);
  return graph;
}

/** At least one cycle if there is any; each as a path that ends where it begins. */
export function findCycles(graph: Graph): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  function visit(name: string, path: readonly string[]): void {
    const start = path.indexOf(name);
    if (start >= 0) cycles.push([...path.slice(start), name]);
    if (start >= 0 || done.has(name)) return;
    for (const next of graph.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  }
  for (const name of graph.keys()) visit(name, []);
  return cycles;
}

/** The longest path through the graph. Correct for graphs without cycles; with cycles it ends, but may be too short. */
export function findLongestChain(graph: Graph): string[] {
  const chains = new Map<string, string[]>();
  function visit(name: string): string[] {
    const known = chains.get(name);
    if (known) return known;
    // Ends the recursion in a cycle.
    chains.set(name, []);
    const chain = [name, ...longest((graph.get(name) ?? []).map(visit))];
    chains.set(name, chain);
    return chain;
  }
  return longest([...graph.keys()].map(visit));
}

const longest = (lists: string[][]): string[] =>
  lists.reduce((best, list) => (list.length > best.length ? list : best), []);

/**
 * The deepest chain of imports. It does not follow imports by the package's own name: these stay in the build, where
 * they resolve to the published files.
 */
export function findDeepestImports(project: Project): string[] {
  const isOwn = ({ specifier }: Import) => /^[.#]/.test(specifier);
  return findLongestChain(toGraph(project, findImports(project).filter(isOwn)));
}

export const findImportCycles = (project: Project): string[][] =>
  findCycles(toGraph(project, findImports(project)));

export const measureAllFunctions = ({ sources }: Project): FunctionMeasure[] =>
  [...sources].flatMap(([file, text]) => measureFunctions(file, text));

const complexityLimitOf = (file: string) => (file === SCANNER ? LIMITS.scannerComplexity : LIMITS.complexity);

/** One sentence per limit that a function exceeds. */
function checkFunction({ file, line, name, lines, complexity }: FunctionMeasure): string[] {
  const place = `src/${file}:${line}, ${name},`;
  const most = complexityLimitOf(file);
  const found: string[] = [];
  if (lines > LIMITS.functionLines)
    found.push(`${place} has ${lines} lines; a function may have ${LIMITS.functionLines}.`);
  if (complexity > most) found.push(`${place} has a complexity of ${complexity}; it may have ${most}.`);
  return found;
}

/** One sentence per limit that a file or function exceeds. */
export function checkMeasures(project: Project, exempt: readonly string[] = EXEMPT): string[] {
  const isLimited = (file: string) => !exempt.includes(file);
  const files = [...project.sources].filter(
    ([file, text]) => isLimited(file) && countLines(text) > LIMITS.file && !holdsOnlyTypes(file, text),
  );
  return [
    ...files.map(
      ([file, text]) => `src/${file} has ${countLines(text)} lines; a file may have ${LIMITS.file}.`,
    ),
    ...measureAllFunctions(project)
      .filter(({ file }) => isLimited(file))
      .flatMap(checkFunction),
  ];
}

/** One sentence per import that leads nowhere, per cycle, and for a chain that is too deep. */
export function checkImports(project: Project): string[] {
  const lost = findImports(project).filter(({ target }) => !project.sources.has(target));
  const chain = findDeepestImports(project);
  const found = lost.map(
    ({ file, specifier, target }) =>
      `src/${file} imports '${specifier}', which leads to no source: ${target}.`,
  );
  for (const cycle of findImportCycles(project)) found.push(`Imports form a cycle: ${cycle.join(' → ')}.`);
  if (chain.length > LIMITS.depth)
    found.push(`Imports are ${chain.length} deep; they may be ${LIMITS.depth}: ${chain.join(' → ')}.`);
  return found;
}

/** Allowed: inside a room, along the rule, and types from files that hold only types. */
function isAllowed(
  { file, target, isType }: Import,
  allowed: readonly string[],
  { sources }: Project,
): boolean {
  const room = roomOf(target);
  if (room === roomOf(file) || allowed.includes(room) || allowed.includes('*')) return true;
  return isType && holdsOnlyTypes(target, sources.get(target) ?? '');
}

/** One sentence per file that is in no room of the rule, and per import that the rule forbids. */
export function checkRule(project: Project, rule: Rule): string[] {
  const rooms = Object.keys(rule).join(', ');
  const homeless = [...project.sources.keys()].filter((file) => !rule[roomOf(file)]);
  const found = homeless.map(
    (file) => `src/${file} is in no folder that the rule of imports knows: ${rooms}.`,
  );
  for (const each of findImports(project)) {
    const { file, specifier, target, isType } = each;
    const allowed = rule[roomOf(file)];
    if (!allowed || isAllowed(each, allowed, project)) continue;
    found.push(
      `src/${file} imports ${isType ? 'types from ' : ''}'${specifier}', which is src/${target}; ` +
        `${roomOf(file)} may import ${allowed.join(', ') || 'nothing'}, ` +
        `${roomOf(file).endsWith('/') ? 'its own files, ' : ''}and types from files that hold only types.`,
    );
  }
  return found;
}

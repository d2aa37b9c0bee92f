import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const FIXTURES = join(ROOT, 'test/types');
const INDEX = join(ROOT, 'src/index.ts');
const STREAM = join(ROOT, 'src/stream.ts');

/** The options of a strict consumer. */
const CONSUMER: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  verbatimModuleSyntax: true,
  noEmit: true,
  // The declarations must not depend on anything else.
  skipLibCheck: false,
  // TypeScript's own have no errors without ours, and one test checks them with ours.
  skipDefaultLibCheck: true,
  types: [],
};

/** In the form that the options need. */
const libraries = (...names: string[]) => names.map((name) => `lib.${name}.d.ts`);
const DOM = libraries('es2022', 'dom', 'dom.iterable');

/** The declarations that the sources produce, by path. Consumers see nothing else of them. */
const declarations = new Map<string, string>();

/** TypeScript's own declarations, which take the longest to parse. */
const libraryFiles = new Map<string, ts.SourceFile>();

beforeAll(() => {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const program = ts.createProgram([INDEX, STREAM], {
    ...options,
    noEmit: false,
    emitDeclarationOnly: true,
    // Next to the sources, as if they were written there.
    outDir: join(ROOT, 'src'),
    rootDir: join(ROOT, 'src'),
  });
  program.emit(undefined, (path, text) => declarations.set(resolve(path), text), undefined, true);
}, 60_000);

/** The errors that a consumer gets who compiles the fixtures of these names with the options. */
const compile = (names: string | string[], options: ts.CompilerOptions) =>
  compileFiles([names].flat(), options);

/** The same, of a text. */
const compileText = (text: string, options: ts.CompilerOptions) => compileFiles(['none.ts'], options, text);

function compileFiles(names: string[], options: ts.CompilerOptions, text?: string): string[] {
  const paths = names.map((name) => join(FIXTURES, name));
  const host = ts.createCompilerHost({ ...CONSUMER, ...options });
  const { fileExists, readFile } = host;
  const virtual = (file: string) =>
    declarations.get(resolve(file)) ?? (paths.includes(file) ? text : undefined);
  const isSource = (file: string) => resolve(file).startsWith(`${dirname(INDEX)}/`);
  host.fileExists = (file) => virtual(file) !== undefined || (!isSource(file) && fileExists(file));
  host.readFile = (file) => virtual(file) ?? readFile(file);
  host.getSourceFile = (file, version) => {
    const isLibrary = file.includes('/typescript/lib/');
    const key = `${file} ${JSON.stringify(version)}`;
    const known = libraryFiles.get(key);
    if (known) return known;
    const source = host.readFile(file);
    if (source === undefined) return undefined;
    const parsed = ts.createSourceFile(file, source, version);
    if (isLibrary) libraryFiles.set(key, parsed);
    return parsed;
  };
  const program = ts.createProgram(paths, { ...CONSUMER, ...options }, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${file?.fileName.replace(ROOT, '')}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

/** Two lines before the one under test. */
const USE =
  "import { FetchEventSource } from '../../src/index.js';\nconst source = new FetchEventSource('https://a.test');\n";

/** The errors of this third line. */
const errorsOf = (line: string, lib: string[]) => compileText(`${USE}${line}\n`, { lib });

test.each([
  ["new FetchEventSource('', { header: { Authorization: 'x' } });", "Did you mean to write 'headers'?"],
  ["new FetchEventSource('', { methd: 'POST' });", "Did you mean to write 'method'?"],
  ["new FetchEventSource('', { reconnect: { maxFailure: 1 } });", "Did you mean to write 'maxFailures'?"],
  ['source.onerror = ({ eror }) => eror;', "Property 'eror' does not exist on type 'EventSourceErrorEvent'"],
  [
    "new FetchEventSource<{ a: 1 }>('').addEventListener('a', ({ data }) => data.b);",
    "Property 'b' does not exist on type '{ a: 1; }'",
  ],
])('the compiler says of %s: %s', (line, message) => {
  expect(errorsOf(line, DOM)).toEqual([expect.stringContaining(message)]);
});

test('the declarations need no package: they import nothing but each other', () => {
  expect([...declarations.keys()]).toContain(join(ROOT, 'src/index.d.ts'));
  for (const text of declarations.values())
    expect(text).not.toMatch(/(from |import\(|reference (types|lib)=)["'][^.]/);
});

describe('with the DOM library', () => {
  test('T21: the class and its instances are assignable to the native types, and events are typed', () => {
    expect(compile('dom.ts', { lib: DOM, skipDefaultLibCheck: false })).toEqual([]);
  });

  test('misuse does not compile', () => {
    expect(compile('misuse.ts', { lib: DOM })).toEqual([]);
  });

  test('events are typed by name, by parser and by schema, and so are loops', () => {
    expect(compile('typed-events.ts', { lib: DOM })).toEqual([]);
  });

  test('what works everywhere works', () => {
    expect(compile('everywhere.ts', { lib: DOM })).toEqual([]);
  });

  test('what the package eventsource exports can be imported from here', () => {
    expect(compile(['drop-in.ts', 'global.ts'], { lib: DOM })).toEqual([]);
  });

  test('T21: the same without exactOptionalPropertyTypes and with the types of Node added', () => {
    const options = { lib: DOM, exactOptionalPropertyTypes: false, types: ['node'], skipLibCheck: true };
    expect(compile(['dom.ts', 'misuse.ts', 'everywhere.ts', 'typed-events.ts'], options)).toEqual([]);
  });

  test('the same for a bundler and for CommonJS', () => {
    const bundler = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
    expect(compile('dom.ts', { lib: DOM, ...bundler })).toEqual([]);
    const commonJs = { module: ts.ModuleKind.CommonJS, verbatimModuleSyntax: false };
    const resolution = { moduleResolution: ts.ModuleResolutionKind.Node10, target: ts.ScriptTarget.ES2015 };
    expect(compile('dom.ts', { lib: DOM, ...commonJs, ...resolution })).toEqual([]);
  });
});

describe('without the DOM library', () => {
  test('T21: it compiles with the types of Node alone, skipLibCheck off', () => {
    const names = ['everywhere.ts', 'drop-in.ts'];
    expect(compile(names, { lib: libraries('es2022'), types: ['node'] })).toEqual([]);
  });

  test('it compiles in a worker', () => {
    expect(compile('everywhere.ts', { lib: libraries('es2022', 'webworker') })).toEqual([]);
  });
});

describe('streams', () => {
  test('are typed with the DOM library and without', () => {
    expect(compile('stream.ts', { lib: DOM })).toEqual([]);
    expect(compile('stream.ts', { lib: libraries('es2022', 'webworker') })).toEqual([]);
    expect(compile('stream.ts', { lib: libraries('es2022'), types: ['node'] })).toEqual([]);
  });
});

describe('Symbol.dispose', () => {
  test('is declared where esnext.disposable exists', () => {
    expect(compile('dispose.ts', { lib: [...DOM, ...libraries('esnext.disposable')] })).toEqual([]);
  });

  test('is not a member elsewhere, and does not get in the way', () => {
    expect(errorsOf('source.close();', DOM)).toEqual([]);
    const errors = errorsOf('export const dispose: unknown = source[Symbol.dispose];', DOM);
    expect(errors).toContainEqual(expect.stringContaining("none.ts:3 Property 'dispose' does not exist"));
  });

  test('adds no index signature: an unknown member is an error with it and without', () => {
    for (const lib of [DOM, [...DOM, ...libraries('esnext.disposable')]]) {
      const errors = errorsOf('export const nothing: unknown = source.nothing;', lib);
      expect(errors).toEqual([expect.stringContaining("none.ts:3 Property 'nothing' does not exist")]);
    }
  });
});

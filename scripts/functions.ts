// Finds functions and measures them: their length, and how many paths lead through each.
import ts from 'typescript';

export interface FunctionMeasure {
  /** Path relative to the sources' folder. */
  readonly file: string;
  /** The line where it begins, counted from 1. */
  readonly line: number;
  /** What a reader would call it: `Class.method`, a variable's name, `callback of then`. */
  readonly name: string;
  /** First line to last, including functions inside it. */
  readonly lines: number;
  /** Cyclomatic: 1, plus 1 for each branch, excluding functions inside it. */
  readonly complexity: number;
}

type FunctionNode = ts.FunctionLikeDeclaration | ts.ClassStaticBlockDeclaration;

/** Nodes that always add a path. `default` is missing: it is the path that exists anyway. */
const BRANCHES: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.IfStatement,
  ts.SyntaxKind.ConditionalExpression,
  ts.SyntaxKind.ForStatement,
  ts.SyntaxKind.ForInStatement,
  ts.SyntaxKind.ForOfStatement,
  ts.SyntaxKind.WhileStatement,
  ts.SyntaxKind.DoStatement,
  ts.SyntaxKind.CaseClause,
  ts.SyntaxKind.CatchClause,
]);

/** Operators that may skip their right-hand side. */
const SHORT_CIRCUITS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
]);

export const parse = (file: string, text: string): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

/** Overload signatures and abstract methods have no body: they are types. */
function isFunction(node: ts.Node): node is FunctionNode {
  return ts.isClassStaticBlockDeclaration(node) || (ts.isFunctionLike(node) && 'body' in node && !!node.body);
}

function isBranch(node: ts.Node): boolean {
  if (BRANCHES.has(node.kind)) return true;
  if (ts.isBinaryExpression(node)) return SHORT_CIRCUITS.has(node.operatorToken.kind);
  const mayBeOptional =
    ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) || ts.isCallExpression(node);
  return mayBeOptional && !!node.questionDotToken;
}

function countBranches(node: ts.Node): number {
  let count = 0;
  ts.forEachChild(node, (child) => {
    if (!isFunction(child)) count += Number(isBranch(child)) + countBranches(child);
  });
  return count;
}

const isCall = (node: ts.Node) => ts.isCallExpression(node) || ts.isNewExpression(node);

const isNamed = (node: ts.Node) =>
  ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node) || ts.isPropertyDeclaration(node);

/** An anonymous function is named after what it is assigned to, or the call it is passed to. */
function nameByPlace({ parent }: ts.Node): string {
  if (ts.isParenthesizedExpression(parent)) return nameByPlace(parent);
  if (ts.isBinaryExpression(parent)) return parent.left.getText();
  if (isNamed(parent)) return parent.name.getText();
  if (!isCall(parent)) return 'anonymous';
  const { expression } = parent;
  return `callback of ${(ts.isPropertyAccessExpression(expression) ? expression.name : expression).getText()}`;
}

function nameOf(node: FunctionNode): string {
  if (ts.isClassStaticBlockDeclaration(node)) return 'static block';
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const name = node.name?.getText() ?? nameByPlace(node);
  if (ts.isGetAccessor(node)) return `get ${name}`;
  return ts.isSetAccessor(node) ? `set ${name}` : name;
}

/** Prefixes members with their class. A function assigned to a field counts as a member. */
function fullNameOf(node: FunctionNode): string {
  const { parent } = ts.isPropertyDeclaration(node.parent) ? node.parent : node;
  return ts.isClassLike(parent) ? `${parent.name?.text ?? 'anonymous class'}.${nameOf(node)}` : nameOf(node);
}

/** All functions of a file, in source order. Module-level code is not a function. */
export function measureFunctions(file: string, text: string): FunctionMeasure[] {
  const source = parse(file, text);
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
  const found: FunctionMeasure[] = [];
  function visit(node: ts.Node): void {
    if (isFunction(node)) {
      const line = lineOf(node.getStart());
      const lines = lineOf(node.getEnd()) - line + 1;
      found.push({ file, line, name: fullNameOf(node), lines, complexity: 1 + countBranches(node) });
    }
    ts.forEachChild(node, visit);
  }
  visit(source);
  return found;
}

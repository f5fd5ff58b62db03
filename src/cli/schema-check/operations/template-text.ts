/** Reads the texts in TypeScript and JavaScript: string literals, and templates with the constants of the same file inserted. */
import ts from 'typescript';

export interface EmbeddedText {
  readonly text: string;
  /** The line of its first character, counted from 1. */
  readonly line: number;
  /** Whether it has the tag gql or graphql. */
  readonly isTagged: boolean;
}

/** Every text whose value can be known without running the code. Others are left out. */
export function readTexts(code: string): readonly EmbeddedText[] {
  const file = ts.createSourceFile('code.tsx', code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const constants = readConstants(file);
  const texts: EmbeddedText[] = [];
  const visit = (node: ts.Node) => {
    const text = ts.isExpression(node) ? textOf(node, constants) : null;
    if (text !== null && !ts.isIdentifier(node)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
      texts.push({ text, line: line + 1, isTagged: isTagged(node) });
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return texts;
}

type Constants = ReadonlyMap<string, ts.Expression>;

function readConstants(file: ts.SourceFile): Constants {
  const constants = new Map<string, ts.Expression>();
  const visit = (node: ts.Node) => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer)
      constants.set(node.name.text, node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return constants;
}

/** Deeper than texts are nested in practice; ends the search when a constant refers to itself. */
const maxDepth = 8;

function textOf(node: ts.Expression, constants: Constants, depth = 0): string | null {
  if (depth > maxDepth) return null;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    // What is put into such a template, and cannot be known, are fragments, which have a place of their own.
    const isMarked = isTagged(node);
    const spans = node.templateSpans.map(({ expression, literal }) => {
      const text = textOf(expression, constants, depth + 1) ?? (isMarked ? '' : null);
      return text === null ? null : onOneLine(text) + literal.text;
    });
    return spans.includes(null) ? null : node.head.text + spans.join('');
  }
  if (ts.isIdentifier(node)) {
    const initializer = constants.get(node.text);
    return initializer ? textOf(initializer, constants, depth + 1) : null;
  }
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node))
    return textOf(node.expression, constants, depth + 1);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [node.left, node.right].map((side) => textOf(side, constants, depth + 1));
    return left == null || right == null ? null : left + right;
  }
  return null;
}

function isTagged({ parent }: ts.Node): boolean {
  return (
    ts.isTaggedTemplateExpression(parent) &&
    ts.isIdentifier(parent.tag) &&
    /^(gql|graphql)$/.test(parent.tag.text)
  );
}

/**
 * Joins the lines of an inserted text, so that the lines after it keep their numbers. Not if it may hold a GraphQL comment
 * (#), which would then reach over what follows it.
 */
function onOneLine(text: string): string {
  return text.includes('#') ? text : text.replaceAll('\n', ' ');
}

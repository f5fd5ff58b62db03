/** Finds the parts of a schema by their coordinates (`Dispatch.rastreo.limit`, `@rateLimit.duration`). */
import { Kind, visit, type ASTNode, type ConstDirectiveNode, type DocumentNode } from 'graphql';
import type { SourceLine } from '../../supergraph/sdl-files.ts';

/** The coordinate of the schema itself, which has the directives of `extend schema @link`. */
export const schemaCoordinate = 'schema';

export interface Part {
  readonly kind: Kind;
  readonly at: SourceLine;
  readonly directives: readonly ConstDirectiveNode[];
}

/** Every part of a document by its coordinate. A type and its extensions are one part, whose line is that of its definition. */
export function partsOf(document: DocumentNode): ReadonlyMap<string, Part> {
  const parts = new Map<string, Part>();
  const path: string[] = [];
  visit(document, {
    enter(node) {
      const name = nameOf(node);
      if (name === null) return;
      path.push(name);
      const coordinate = path.join('.');
      const known = parts.get(coordinate);
      const directives = ('directives' in node && (node.directives as readonly ConstDirectiveNode[])) || [];
      const at = known && isExtension(node) ? known.at : lineOf(node);
      parts.set(coordinate, {
        kind: node.kind,
        at,
        directives: [...(known?.directives ?? []), ...directives],
      });
    },
    leave(node) {
      if (nameOf(node) !== null) path.pop();
    },
  });
  return parts;
}

export function lineOf(node: ASTNode): SourceLine {
  const { loc } = node;
  if (!loc) throw new Error(`A ${node.kind} without a location.`);
  // The line of the name: `loc` begins with the description.
  const named = 'name' in node && node.name?.loc ? node.name.loc : loc;
  return { file: loc.source.name, line: named.startToken.line };
}

function isExtension(node: ASTNode): boolean {
  return node.kind.endsWith('Extension');
}

function nameOf(node: ASTNode): string | null {
  switch (node.kind) {
    case Kind.SCHEMA_DEFINITION:
    case Kind.SCHEMA_EXTENSION:
      return schemaCoordinate;
    case Kind.DIRECTIVE_DEFINITION:
      return `@${node.name.value}`;
    case Kind.FIELD_DEFINITION:
    case Kind.INPUT_VALUE_DEFINITION:
    case Kind.ENUM_VALUE_DEFINITION:
      return node.name.value;
    default:
      return /Type(Definition|Extension)$/.test(node.kind) && 'name' in node ? node.name.value : null;
  }
}

/** Finds who uses a part of the schema: operations of this repository, and other subgraphs. */
import {
  getNamedType,
  Kind,
  parse,
  Source,
  typeFromAST,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type ASTNode,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import type { Subgraph } from '../../supergraph/config.ts';
import type { SourceLine } from '../../supergraph/sdl-files.ts';
import { coordinateOf, type SchemaChange } from '../changes/change.ts';
import { partsOf } from '../changes/coordinates.ts';
import type { Operation } from './find-operations.ts';

export interface Use {
  /** `query Board`, or `subgraph fleet`. */
  readonly label: string;
  readonly at: SourceLine;
  /** Null for a subgraph. */
  readonly operation: Operation | null;
}

/** Uses by coordinate. A type is used by variables, fragments and fields of that type. */
export type Uses = ReadonlyMap<string, readonly Use[]>;

/**
 * `schemas` are this service's schema and that of the supergraph. Where there is a base, they are those of the base, which
 * still have the parts that were removed.
 */
export function indexUses(
  schemas: readonly GraphQLSchema[],
  operations: readonly Operation[],
  others: readonly Subgraph[],
): Uses {
  const uses = new Map<string, Use[]>();
  const add = (coordinate: string, use: Use) => {
    const known = uses.get(coordinate) ?? [];
    uses.set(coordinate, known);
    // Each user once, though an operation may select a field many times, and several schemas may have the field.
    if (!known.some((other) => isSameUser(other, use))) known.push(use);
  };
  for (const { name, path, sdl } of others) {
    for (const [coordinate, { at }] of partsOf(parse(new Source(sdl, path))))
      add(coordinate, { label: `subgraph \`${name}\``, at, operation: null });
  }
  for (const operation of operations) {
    const { label, at, document } = operation;
    for (const schema of schemas) {
      visitCoordinates(schema, document, (coordinate, node) => {
        const line = at.line + (node.loc?.startToken.line ?? 1) - 1;
        add(coordinate, { label: `\`${label}\``, at: { file: at.file, line }, operation });
      });
    }
  }
  return uses;
}

function isSameUser(a: Use, b: Use): boolean {
  return a.operation === b.operation && a.label === b.label;
}

/** Changes that only composition and routers notice. */
const betweenSubgraphs = /^(KEY|SHAREABLE|OVERRIDE|EXTERNAL|INTERFACE_OBJECT)_/;

/** Those who may notice the change. */
export function usersOf(change: SchemaChange, uses: Uses): readonly Use[] {
  const users = new Set(namesOf(change).flatMap((coordinate) => uses.get(coordinate) ?? []));
  return [...users].filter(({ operation }) => operation === null || !betweenSubgraphs.test(change.kind));
}

function namesOf(change: SchemaChange): readonly string[] {
  const coordinate = coordinateOf(change);
  const parent = coordinate.split('.').slice(0, -1).join('.');
  // Users of the field or the input do not pass what is new and required now.
  if (change.kind === 'FIELD_ARGUMENT_ADDED' || change.kind === 'INPUT_FIELD_ADDED') return [parent];
  // Enum values and input fields also occur in variables and in results, where the operation names only their type.
  if (/^(ENUM_VALUE|INPUT_FIELD)_/.test(change.kind)) return [coordinate, parent];
  return [coordinate];
}

function visitCoordinates(
  schema: GraphQLSchema,
  document: DocumentNode,
  found: (coordinate: string, node: ASTNode) => void,
): void {
  const info = new TypeInfo(schema);
  const touch = (type: Parameters<typeof getNamedType>[0], node: ASTNode) => {
    const named = getNamedType(type);
    if (named) found(named.name, node);
  };
  visit(
    document,
    visitWithTypeInfo(info, {
      enter(node) {
        const field = info.getFieldDef();
        const parent = info.getParentType();
        if (node.kind === Kind.FIELD && field && parent) {
          found(`${parent.name}.${field.name}`, node);
          touch(field.type, node);
        } else if (
          node.kind === Kind.ARGUMENT &&
          field &&
          parent &&
          info.getArgument() &&
          !info.getDirective()
        ) {
          found(`${parent.name}.${field.name}.${node.name.value}`, node);
        } else if (node.kind === Kind.OBJECT_FIELD) {
          const input = getNamedType(info.getParentInputType());
          if (input) found(`${input.name}.${node.name.value}`, node);
        } else if (node.kind === Kind.ENUM) {
          const type = getNamedType(info.getInputType());
          if (type) found(`${type.name}.${node.value}`, node);
        } else if (node.kind === Kind.VARIABLE_DEFINITION) {
          touch(typeFromAST(schema, node.type), node);
        } else if (node.kind === Kind.INLINE_FRAGMENT || node.kind === Kind.FRAGMENT_DEFINITION) {
          if (node.typeCondition) found(node.typeCondition.name.value, node);
        } else if (node.kind === Kind.DIRECTIVE) {
          found(`@${node.name.value}`, node);
        }
      },
    }),
  );
}

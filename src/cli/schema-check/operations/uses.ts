/** Finds who uses a part of the schema: operations of this repository, and other subgraphs. */
import { parse, Source, type GraphQLSchema } from 'graphql';
import type { Subgraph } from '../../supergraph/config.ts';
import type { SourceLine } from '../../supergraph/sdl-files.ts';
import { coordinateOf, type SchemaChange } from '../changes/change.ts';
import { partsOf } from '../changes/coordinates.ts';
import type { Operation } from './find-operations.ts';
import { roles, visitCoordinates } from './visit-coordinates.ts';

export interface Use {
  /** `query Board`, or `subgraph fleet`. */
  readonly label: string;
  readonly at: SourceLine;
  /** Null for a subgraph. */
  readonly operation: Operation | null;
}

/** Uses by coordinate, and by the other ways to meet a part. A type is used by whoever names it: variables, fragments, `__typename`. */
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
    for (const [coordinate, { at }] of partsOf(parse(new Source(sdl, path)))) {
      const use = { label: `subgraph \`${name}\``, at, operation: null };
      // A type that it has itself it both gets and passes on.
      for (const met of [coordinate, roles.received(coordinate), roles.carried(coordinate)]) add(met, use);
    }
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

/** Those who notice a change, by its kind; everything else is noticed by whoever uses the part itself. */
const noticedBy: Readonly<Record<string, (coordinate: string, parent: string) => readonly string[]>> = {
  ENUM_VALUE_ADDED: (_, parent) => [roles.received(parent)],
  ENUM_VALUE_REMOVED: (coordinate, parent) => [coordinate, roles.carried(parent)],
  // Nobody passes yet what is new and required now.
  FIELD_ARGUMENT_ADDED: (_, parent) => [parent],
  INPUT_FIELD_ADDED: (_, parent) => [roles.written(parent), roles.carried(parent)],
  FIELD_ARGUMENT_DEFAULT_CHANGED: (coordinate) => [roles.leftOut(coordinate)],
  INPUT_FIELD_DEFAULT_VALUE_CHANGED: (coordinate, parent) => [
    roles.leftOut(coordinate),
    roles.carried(parent),
  ],
};

function namesOf(change: SchemaChange): readonly string[] {
  if (change.touches) return change.touches;
  const coordinate = coordinateOf(change);
  const parent = coordinate.split('.').slice(0, -1).join('.');
  const special = noticedBy[change.kind];
  if (special) return special(coordinate, parent);
  if (change.kind.startsWith('INPUT_FIELD_')) return [coordinate, roles.carried(parent)];
  if (change.kind.startsWith('ENUM_VALUE_'))
    return [coordinate, roles.received(parent), roles.carried(parent)];
  // What is said of a whole type, but that it has gone: those who name it are refused, the others get what they asked for.
  if (parent === '' && change.kind !== 'TYPE_REMOVED')
    return [coordinate, roles.received(coordinate), roles.carried(coordinate)];
  return [coordinate];
}

/** Who passes the part, or leaves it out where it has to be passed now. */
export function touchedByRequirement(coordinate: string): readonly string[] {
  const parent = coordinate.split('.').slice(0, -1).join('.');
  return [coordinate, roles.leftOut(coordinate), roles.carried(parent)];
}

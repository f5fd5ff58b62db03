/** Resolves the references of other subgraphs each for itself: what is wrong with one is an error in its place, and null. */
import { isUnionType, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql';
import type { ResolversParentTypes } from '../generated/resolvers.ts';
import { badUserInput } from '../lib/errors.ts';
import { oneSpelling } from '../lib/text/readable-text.ts';

/** A reference to an entity of this subgraph, as other subgraphs make them. */
export interface Reference {
  readonly __typename: EntityType;
  readonly id: string;
}

/** What this subgraph is asked for by id. */
const entityTypes = ['Alert', 'Dispatch', 'User'] as const;
export type EntityType = (typeof entityTypes)[number];
const knownTypes: ReadonlySet<unknown> = new Set(entityTypes);

/** Of which type the entity is that is referred to; null where that is none of this subgraph. Its id may be a number, as where a client writes one. */
export function referredType(representation: unknown): EntityType | null {
  const { __typename: type, id } = (representation ?? {}) as { readonly __typename?: unknown; id?: unknown };
  const isReference = knownTypes.has(type) && (typeof id === 'string' || Number.isSafeInteger(id));
  return isReference ? (type as EntityType) : null;
}

/** Null where there is no `referredType`. */
function parseReference(representation: unknown): Reference | null {
  const type = referredType(representation);
  return type && { __typename: type, id: oneSpelling(String((representation as Reference).id)) };
}

type ResolveReference = (reference: Reference, context: unknown, info: GraphQLResolveInfo) => unknown;

/**
 * Fields that records of one type alone have, in the order in which they are looked for: a record has no room for the name of its type, and
 * to note the type of each beside it would take longer than to read it. Of a user nothing is read before its fields are.
 */
const ownFields = [
  ['Dispatch', 'incidente' satisfies keyof ResolversParentTypes['Dispatch']],
  ['Alert', 'revision' satisfies keyof ResolversParentTypes['Alert']],
] as const;

const typeOf = (record: object): EntityType => ownFields.find(([, field]) => field in record)?.[0] ?? 'User';

/**
 * Changes the schema: its field `_entities` would end the whole list at the first reference that is none. Nor does it need four
 * promises for each of them.
 */
export function resolveReferencesApart(schema: GraphQLSchema): void {
  const field = schema.getQueryType()?.getFields()['_entities'];
  const entity = schema.getType('_Entity');
  if (!field || !isUnionType(entity)) throw new Error('Query._entities is missing.');
  entity.resolveType = (record) => typeOf(record as object);
  const resolvers = new Map(entityTypes.map((type) => [type, resolverOf(schema, type)]));
  field.resolve = (_root, args: { readonly representations: readonly unknown[] }, context, info) =>
    args.representations.map((representation) => {
      const reference = parseReference(representation);
      return reference
        ? resolvers.get(reference.__typename)!(reference, context, info)
        : Promise.reject(noReference());
    });
}

/** Where Apollo's subgraph library keeps a type's `__resolveReference`. */
function resolverOf(schema: GraphQLSchema, type: string): ResolveReference {
  const { apollo } = (schema.getType(type)?.extensions ?? {}) as {
    readonly apollo?: { readonly subgraph?: { readonly resolveReference?: ResolveReference } };
  };
  const resolve = apollo?.subgraph?.resolveReference;
  if (!resolve) throw new Error(`${type} has no __resolveReference.`);
  return resolve;
}

const noReference = () => badUserInput('A reference must be of an entity of this subgraph, with its id.');

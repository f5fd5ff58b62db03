/** Resolves the references of other subgraphs each for itself: what is wrong with one is an error in its place, and null. */
import type { GraphQLSchema } from 'graphql';
import { badUserInput } from '../lib/errors.ts';
import { oneSpelling } from '../lib/text/readable-text.ts';

/** A reference to an entity of this subgraph, as other subgraphs make them. */
export interface Reference {
  readonly __typename: string;
  readonly id: string;
}

/** What this subgraph is asked for by id. */
export const entityTypes = ['Dispatch', 'User'] as const;
const knownTypes: ReadonlySet<unknown> = new Set(entityTypes);

/** Undefined when it is no reference to an entity of this subgraph. Its id may be a number, as where a client writes one. */
export function parseReference(representation: unknown): Reference | undefined {
  const { __typename: type, id } = (representation ?? {}) as { readonly __typename?: unknown; id?: unknown };
  if (!knownTypes.has(type) || !(typeof id === 'string' || Number.isSafeInteger(id))) return undefined;
  return { __typename: type as string, id: oneSpelling(String(id)) };
}

/** Changes the schema: its field `_entities` would end the whole list at the first reference that is none. */
export function resolveReferencesApart(schema: GraphQLSchema): void {
  const field = schema.getQueryType()?.getFields()['_entities'];
  const { resolve } = field ?? {};
  if (!field || !resolve) throw new Error('Query._entities has no resolver.');
  field.resolve = async (root, args: { readonly representations: readonly unknown[] }, context, info) => {
    const references = args.representations.map((representation) => parseReference(representation));
    const representations = references.filter((reference) => reference !== undefined);
    const entities = (await resolve(root, { ...args, representations }, context, info)) as unknown[];
    let next = 0;
    return references.map((reference) => (reference ? entities[next++] : Promise.reject(noReference())));
  };
}

const noReference = () => badUserInput('A reference must be of an entity of this subgraph, with its id.');

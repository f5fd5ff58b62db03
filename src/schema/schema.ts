/** Makes the executable schema of SDL and resolvers, and adds rate limits and permissions to it. */
import { readdirSync, readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { concatAST, parse, Source, type DocumentNode, type GraphQLError, type GraphQLSchema } from 'graphql';
import type { Resolvers } from '../generated/resolvers.ts';
import type { SharedContext } from './context.ts';
import { applyPermissions } from './permissions.ts';
import { applyRateLimits, type FieldRateLimits } from './rate-limits.ts';
import { resolveReferencesApart } from './references.ts';
import { applyScope } from './scope.ts';

const schemaFolder = new URL('../../schema/', import.meta.url);

/** The SDL of the service, all files as one document. @throws Error that says in which line of which file it is none */
export function readTypeDefs(folder = schemaFolder): DocumentNode {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  return concatAST(files.sort().map((name) => parseFile(readFileSync(new URL(name, folder), 'utf8'), name)));
}

function parseFile(text: string, name: string): DocumentNode {
  try {
    return parse(new Source(text, name));
  } catch (error) {
    const { message, locations } = error as GraphQLError;
    throw new Error(`schema/${name}:${locations?.[0]?.line ?? 1} ${message}`, { cause: error });
  }
}

export interface SchemaOptions {
  readonly resolvers: Resolvers;
  readonly rateLimits: FieldRateLimits;
}

export function createSchema({ resolvers, rateLimits }: SchemaOptions): GraphQLSchema {
  const subgraph = buildSubgraphSchema([{ typeDefs: readTypeDefs(), resolvers }]);
  applyScope(subgraph);
  resolveReferencesApart(subgraph);
  // Permissions are checked first, so that those who may not use a field do not use up its limit either.
  const schema = applyPermissions(applyRateLimits(subgraph, rateLimits));
  checkStreamsAreGuarded(schema);
  clearLoadersAfterMutations(schema);
  return schema;
}

/** After a mutation, the loaders of its request drop what they have read, which may be out of date. */
function clearLoadersAfterMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve } = field;
    if (!resolve) throw new Error(`Mutation.${field.name} has no resolver.`);
    field.resolve = async (parent, args, context: SharedContext, info) => {
      try {
        return await resolve(parent, args, context, info);
      } finally {
        context.loaders.clearAll();
      }
    };
  }
}

/**
 * No Subscription field may have a `resolve` function: graphql-shield would guard that one and leave `subscribe` open to
 * anybody, so that the stream opens and each of its events is refused.
 */
function checkStreamsAreGuarded(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
    if (field.resolve || !field.subscribe)
      throw new Error(`Subscription.${field.name} must have a subscribe function and no resolve function.`);
  }
}

/** Owns the executable schema: SDL and resolvers put together, limited and guarded, in the order that keeps streams shut. */
import { readdirSync, readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { concatAST, parse, Source, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { Resolvers } from '../generated/resolvers.ts';
import type { SharedContext } from './context.ts';
import { applyPermissions } from './permissions.ts';
import { applyRateLimits, type FieldRateLimits } from './rate-limits.ts';

const schemaFolder = new URL('../../schema/', import.meta.url);

/** The SDL of the service, all files as one document. */
export function readTypeDefs(): DocumentNode {
  const files = readdirSync(schemaFolder).filter((name) => name.endsWith('.graphql'));
  return concatAST(
    files.sort().map((name) => parse(new Source(readFileSync(new URL(name, schemaFolder), 'utf8'), name))),
  );
}

export interface SchemaOptions {
  readonly resolvers: Resolvers;
  readonly rateLimits: FieldRateLimits;
}

export function createSchema({ resolvers, rateLimits }: SchemaOptions): GraphQLSchema {
  const subgraph = buildSubgraphSchema([{ typeDefs: readTypeDefs(), resolvers }]);
  // Permissions outermost: who may not use a field does not use up its limit either.
  const schema = applyPermissions(applyRateLimits(subgraph, rateLimits));
  checkStreamsAreGuarded(schema);
  forgetAfterMutations(schema);
  return schema;
}

/** What a request has read before one of its mutations may no longer be so behind it. */
function forgetAfterMutations(schema: GraphQLSchema): void {
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
 * graphql-shield guards `resolve` of a Subscription field that has one, and then leaves `subscribe` open to anybody: the
 * stream would open, and each of its events be refused. So none may have one.
 */
function checkStreamsAreGuarded(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
    if (field.resolve || !field.subscribe)
      throw new Error(`Subscription.${field.name} must have a subscribe function and no resolve function.`);
  }
}

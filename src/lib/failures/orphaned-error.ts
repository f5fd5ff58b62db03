/** Tells the errors that graphql-js leaves to nobody. */
import { GraphQLError } from 'graphql';

/**
 * Whether something failed within a list that had failed before, and was answered for that: where an item fails at once, graphql-js 16
 * does not wait for the items before it, and their own failures are rejections that nobody handles.
 */
export const isOrphaned = (error: unknown): boolean =>
  error instanceof GraphQLError && error.path !== undefined && error.locations !== undefined;

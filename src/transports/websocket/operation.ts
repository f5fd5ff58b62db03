/** Owns what graphql-ws is given to run for an operation on a socket. */
import type { ExecutionArgs, GraphQLError } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { Connection } from './connection.ts';
import type { StreamOperations } from '../../operations/operations.ts';

/** Prepares a query or mutation of a connection whose viewer is known; the errors of one that is refused are returned. */
export async function prepareOnSocket(
  operations: StreamOperations,
  { id: requestId, address, viewer }: Connection,
  payload: SubscribePayload,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const ready = await operations.prepare({ requestId, address, viewer: viewer! }, payload);
  return 'args' in ready ? ready.args : ready;
}

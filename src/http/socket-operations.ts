/** Owns what a WebSocket adds to an operation: its own bound of subscriptions, and the form that graphql-ws runs. */
import type { ExecutionArgs, GraphQLError } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { Connection } from './connection.ts';
import { limitExceeded, type Caller, type StreamOperations } from './operations.ts';
import { SocketSubscription } from './socket-subscription.ts';

/** What graphql-ws is given to run: for a subscription, the stream that was opened already. */
export type SocketExecutionArgs = ExecutionArgs & { readonly stream?: SocketSubscription };

/** Prepares an operation of a connection whose viewer is known; the errors of one that is refused are returned. */
export async function prepareOnSocket(
  operations: StreamOperations,
  connection: Connection,
  id: string,
  payload: SubscribePayload,
  maxSubscriptionsPerSocket: number,
): Promise<SocketExecutionArgs | readonly GraphQLError[]> {
  const { id: requestId, address, viewer } = connection;
  const caller: Caller = {
    ...{ requestId, address, viewer: viewer! },
    takePlace: () => takePlace(connection, maxSubscriptionsPerSocket),
  };
  const ready = await operations.prepare(caller, payload);
  if (!('args' in ready)) return ready;
  const { operation, args, stream } = ready;
  // graphql-ws keeps the payload as long as the operation: one text for all.
  (payload as { query: string }).query = operation.query;
  return stream ? { ...args, stream: new SocketSubscription(connection, id, stream) } : args;
}

function takePlace(connection: Connection, maxSubscriptionsPerSocket: number): () => void {
  if (connection.subscriptions >= maxSubscriptionsPerSocket)
    throw limitExceeded(`A socket may have ${maxSubscriptionsPerSocket} subscriptions at a time.`);
  connection.subscriptions += 1;
  return () => {
    connection.subscriptions -= 1;
  };
}

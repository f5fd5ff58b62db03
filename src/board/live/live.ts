/** What the board needs of the service's live interface, and no more: whoever connects may be replaced behind it. */
import { Connection, type ConnectionOptions, type ConnectionState } from './connection.ts';
import { ask, follow, type StreamHandlers, type Variables } from './stream.ts';

export { Refused, type StreamHandlers } from './stream.ts';
export type { ConnectionState } from './connection.ts';

export interface Live {
  readonly state: ConnectionState;
  /** How many times the streams were resumed after the connection had been lost. */
  readonly resumes: number;
  /** Resolves with the data of a query or mutation, which is sent again where the connection is lost. @throws Refused */
  ask<T>(query: string, variables: Variables): Promise<T>;
  /** Follows a subscription with one field, which goes on where it stopped. Returns a function that ends it. */
  follow<E extends { readonly cursor: string }>(
    query: string,
    variables: Variables,
    handlers: StreamHandlers<E>,
  ): () => void;
}

export function createLive(options: ConnectionOptions): Live {
  const connection = new Connection(options);
  const { client } = connection;
  return {
    get state() {
      return connection.state;
    },
    get resumes() {
      return connection.resumes;
    },
    ask: (query, variables) => ask(client, query, variables),
    follow: (query, variables, handlers) => follow(client, query, variables, handlers),
  };
}

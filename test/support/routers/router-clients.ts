/** The clients of a router: stock ones of each protocol in which it answers subscriptions. */
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import type { Client, FormattedExecutionResult, Sink } from 'graphql-ws';
import { tEventClient } from '../event-stream.ts';
import { tClient, type Subscribing } from '../graphql-client.ts';
import type { RealRouter } from './behind-router.ts';

export const protocols = ['WebSocket', 'Server-Sent Events', 'multipart'] as const;
/** How a router's client subscribes. */
export type Protocol = (typeof protocols)[number];

/** A client that does not come back; it is disposed of after the test. */
export function tRouterClient(router: RealRouter, protocol: Protocol, token: string): Subscribing {
  if (protocol === 'WebSocket') return tClient(router.wsUrl, token);
  if (protocol === 'Server-Sent Events') return tEventClient(router.url, token);
  return multipartClient(`${router.url}/graphql`, token);
}

/** The link of Apollo Client, with the interface that the other stock clients have. */
function multipartClient(uri: string, token: string): Subscribing {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  const link = new HttpLink({ uri, headers });
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const subscribe: Client['subscribe'] = <Data, Extensions>(
    { query, variables }: { readonly query: string; readonly variables?: Record<string, unknown> | null },
    sink: Sink<FormattedExecutionResult<Data, Extensions>>,
  ) => {
    const results = ApolloLink.execute(link, { query: gql(query), variables: variables ?? {} }, { client });
    const subscription = results.subscribe({
      next: (result) => sink.next(result as FormattedExecutionResult<Data, Extensions>),
      error: (error) => sink.error(error),
      complete: () => sink.complete(),
    });
    return () => subscription.unsubscribe();
  };
  return { subscribe };
}

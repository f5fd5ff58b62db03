/** What an app with Apollo Client does. It is bundled by a test, with version 3 and with version 4. */
import { ApolloClient, gql, type ApolloLink, type InMemoryCache } from '@apollo/client/core';
import { WebSocket } from 'ws';
import { liveOptions } from '../../../packages/live/src/apollo.ts';
import { createLiveClient } from '../../../packages/live/src/index.ts';

const listQuery = gql`
  query ($estado: DispatchStatus) {
    despachos(estado: $estado) {
      id
      version
      estado
      fechaSolicitud
    }
  }
`;

const oneQuery = gql`
  query ($id: ID!) {
    dispatch(id: $id) {
      id
      version
      estado
    }
  }
`;

const changes = gql`
  subscription {
    dispatchesUpdated {
      changeType
      dispatch {
        id
        version
        estado
        fechaSolicitud
      }
    }
  }
`;

interface Row {
  readonly id: string;
  readonly version: number;
}

export function createApolloApp(url: string, token: string) {
  const live = createLiveClient({
    url: `${url}/graphql`,
    token,
    webSocketImpl: WebSocket,
    timing: { lingerMs: 0 },
  });
  const options: { link: ApolloLink; cache: InMemoryCache } = liveOptions(live);
  const client = new ApolloClient(options);
  const { cache } = options;
  const rowsIn = (estado: string) =>
    cache.readQuery<{ despachos: readonly Row[] }>({ query: listQuery, variables: { estado } })?.despachos;
  return {
    rowsIn,
    async list(estado: string): Promise<readonly Row[]> {
      await client.query({ query: listQuery, variables: { estado }, fetchPolicy: 'network-only' });
      return rowsIn(estado) ?? [];
    },
    watch(onVersion: (version: number) => void, onError: (error: unknown) => void): () => void {
      const watched = client
        .subscribe<{ dispatchesUpdated: { dispatch: Row } }>({ query: changes })
        .subscribe({
          next: ({ data }) => onVersion(data!.dispatchesUpdated.dispatch.version),
          error: onError,
        });
      return () => watched.unsubscribe();
    },
    /** An answer that has been on its way for long comes now. */
    late: (dispatch: Row & { readonly estado: string }) =>
      cache.writeQuery({
        query: oneQuery,
        variables: { id: dispatch.id },
        data: { dispatch: { __typename: 'Dispatch', ...dispatch } },
      }),
    versionOf: (id: string) =>
      cache.readQuery<{ dispatch: Row }>({ query: oneQuery, variables: { id } })?.dispatch.version,
    /** Everything that is in the cache. */
    entries: () => JSON.stringify(cache.extract()).length,
    live,
    end: () => live.dispose(),
  };
}

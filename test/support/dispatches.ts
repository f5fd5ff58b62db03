/** Owns a subgraph whose dispatches a test creates and changes through the API, as a dispatcher. */
import { tSubgraph, viewer, type SubgraphOptions } from './subgraph.ts';

export const dispatcher = viewer('dispatcher', { id: 'ana' });
export const origen = { latitud: -17.7833, longitud: -63.1821, direccion: 'Plaza 24 de Septiembre' };

export async function tDispatches(options: SubgraphOptions = {}) {
  const subgraph = await tSubgraph(options);
  const { data, ask } = subgraph;
  return {
    ...subgraph,
    create: async (input: object = {}): Promise<string> => {
      const mutation = 'mutation ($input: CreateDispatchInput!) { createDispatch(input: $input) { id } }';
      const { createDispatch } = await data(dispatcher, mutation, { input: { origen, ...input } });
      return (createDispatch as { id: string }).id;
    },
    assign: (id: string, ambulanciaId = 'A1') =>
      ask(
        dispatcher,
        'mutation ($id: ID!, $a: ID!) { assignDispatch(id: $id, ambulanciaId: $a) { version } }',
        {
          id,
          a: ambulanciaId,
        },
      ),
    move: (id: string, estado: string) =>
      ask(
        dispatcher,
        'mutation ($id: ID!, $e: DispatchStatus!) { updateDispatchStatus(id: $id, estado: $e) { version } }',
        { id, e: estado },
      ),
    follow: (who: typeof dispatcher, id: string) =>
      data(who, 'mutation ($id: ID!) { subscribeToDispatch(id: $id) { id } }', { id }),
    unfollow: (who: typeof dispatcher, id: string) =>
      data(who, 'mutation ($id: ID!) { unsubscribeFromDispatch(id: $id) { id } }', { id }),
  };
}

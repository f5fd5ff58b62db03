/** A subgraph whose dispatches a test creates and changes through the API, as a dispatcher. */
import { setUp } from './set-up.ts';
import { tSubgraph, viewer, type SubgraphOptions } from './subgraph.ts';

export const dispatcher = viewer('dispatcher', { id: 'ana' });
export const origen = { latitud: -17.7833, longitud: -63.1821, direccion: 'Plaza 24 de Septiembre' };

/** MS Despacho chooses an ambulance at once. */
export const firstEstado = () => (setUp() === 'MS Despacho' ? 'ASIGNADO' : 'PENDIENTE');
/** The actor who assigns another ambulance. MS Despacho lets nobody do it through its API, so it is done in its own data. */
export const assignedBy = () => (setUp() === 'MS Despacho' ? 'ms-despacho' : 'ana');

export async function tDispatches(options: SubgraphOptions = {}) {
  const subgraph = await tSubgraph(options);
  const { data, ask, standIn, dispatches } = subgraph;
  return {
    ...subgraph,
    create: async (input: object = {}): Promise<string> => {
      const mutation = 'mutation ($input: CreateDispatchInput!) { createDispatch(input: $input) { id } }';
      const { createDispatch } = await data(dispatcher, mutation, { input: { origen, ...input } });
      return (createDispatch as { id: string }).id;
    },
    assign: async (id: string, ambulanciaId = 'A1') => {
      const despacho = standIn?.model.despachos.get(Number(id));
      if (standIn && despacho) {
        standIn.model.assign(despacho, 1_000 + Number(ambulanciaId.slice(1)));
        return { data: await dispatches.find([id]) };
      }
      const mutation =
        'mutation ($id: ID!, $a: ID!) { assignDispatch(id: $id, ambulanciaId: $a) { version } }';
      return ask(dispatcher, mutation, { id, a: ambulanciaId });
    },
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

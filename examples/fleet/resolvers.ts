/** Owns what the fleet knows of its vehicles, and what it adds to the dispatches of another subgraph. */

export interface Vehicle {
  readonly id: string;
  readonly placa: string;
  readonly currentDispatchId: string | null;
}

/** What the router hands over of a dispatch: its key, and what `@requires` asks for. */
interface DispatchReference {
  readonly id: string;
  readonly ambulancia?: { readonly id: string } | null;
}

export function createResolvers(vehicles: ReadonlyMap<string, Vehicle>) {
  const vehicleOf = (id: string) => vehicles.get(id) ?? null;
  return {
    Query: {
      vehicle: (_: unknown, { id }: { id: string }) => vehicleOf(id),
      vehicles: () => [...vehicles.values()],
    },
    Vehicle: {
      __resolveReference: ({ id }: { id: string }) => vehicleOf(id),
      // The key is all that a reference needs: the router reads the rest from `websocket`, many at once.
      currentDispatch: ({ currentDispatchId }: Vehicle) => currentDispatchId && { id: currentDispatchId },
    },
    Dispatch: {
      __resolveReference: (dispatch: DispatchReference) => dispatch,
      vehicle: ({ ambulancia }: DispatchReference) => ambulancia && vehicleOf(ambulancia.id),
    },
  };
}

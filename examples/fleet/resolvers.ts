/** The resolvers of the fleet: its vehicles, and the field that it adds to the dispatches and alerts of another subgraph. */

export interface Vehicle {
  readonly id: string;
  readonly placa: string;
  readonly currentDispatchId: string | null;
}

/** What the router sends of a dispatch: its key, and the fields of `@requires`. */
interface DispatchReference {
  readonly id: string;
  readonly ambulancia?: { readonly id: string } | null;
}

interface AlertReference {
  readonly id: string;
  readonly ambulanciaId?: string | null;
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
      // A reference needs only the key: the router reads the other fields from `websocket`, for many dispatches at once.
      currentDispatch: ({ currentDispatchId }: Vehicle) => currentDispatchId && { id: currentDispatchId },
    },
    Dispatch: {
      __resolveReference: (dispatch: DispatchReference) => dispatch,
      vehicle: ({ ambulancia }: DispatchReference) => ambulancia && vehicleOf(ambulancia.id),
    },
    Alert: {
      __resolveReference: (alert: AlertReference) => alert,
      vehicle: ({ ambulanciaId }: AlertReference) => (ambulanciaId == null ? null : vehicleOf(ambulanciaId)),
    },
  };
}

/** The GraphQL operations with which the board reads and follows dispatches, and the types of their results. */
import type { ActiveEstado, Ambulance, Dispatch, Location } from '../data/dispatch.ts';
import { operation, type After } from './operation.ts';

export const card = `
  fragment Card on Dispatch {
    id
    version
    estado
    prioridad
    incidente
    observaciones
    origen { latitud longitud direccion }
    destino { latitud longitud direccion }
    ambulancia { id placa }
    assignment {
      id answer answeredAt reason seenAt deadline level nextLevelAt endedAt
      ambulancia { id }
    }
    fechaSolicitud
    fechaAsignacion
    fechaLlegada
    fechaActualizacion
  }`;

const place = 'latitud longitud velocidad rumbo receivedAt';

/** Asked for before the pages of the list, so that changes after it are not missed. */
export const cursorQuery = operation<{ readonly dispatchesCursor: string }, object>(
  'query Cursor { dispatchesCursor }',
);

export type ListedDispatch = Dispatch & {
  /** Newest first. */
  readonly rastreo: readonly Location[];
};

interface PageVariables {
  readonly estado: ActiveEstado;
  readonly limit: number;
  readonly offset: number;
  readonly points: number;
}

export const pageQuery = operation<{ readonly despachos: readonly ListedDispatch[] }, PageVariables>(`
  query Page($estado: DispatchStatus!, $limit: Int!, $offset: Int!, $points: Int!) {
    despachos(estado: $estado, limit: $limit, offset: $offset) { ...Card rastreo(limit: $points) { ${place} } }
  }
  ${card}`);

export interface Change {
  readonly changeType: 'SNAPSHOT' | 'CREATED' | 'STATUS_CHANGED' | 'ASSIGNED' | 'UPDATED';
  readonly dispatch: Dispatch;
}

export const changesSubscription = operation<{ readonly dispatchesUpdated: Change }, After>(`
  subscription Changes($after: Cursor) {
    dispatchesUpdated(after: $after) { changeType dispatch { ...Card } }
  }
  ${card}`);

/** A stream of its own, since only whoever asks knows what is theirs. */
export const followedSubscription = operation<
  { readonly followedDispatchUpdated: { readonly dispatch: Pick<Dispatch, 'id'> } },
  object
>('subscription Followed { followedDispatchUpdated { dispatch { id } } }');

interface Move {
  readonly location: Location | null;
  readonly snapshot: boolean;
}

export const movesSubscription = operation<
  { readonly locationUpdated: Move },
  { readonly despachoId: string }
>(`
  subscription Moves($despachoId: ID!) {
    locationUpdated(despachoId: $despachoId) { snapshot location { ${place} } }
  }`);

export interface Step {
  readonly timestamp: string;
  readonly actorId: string | null;
  readonly dispatch: Pick<Dispatch, 'version' | 'estado' | 'ambulancia'>;
}

interface TimelineUpdate {
  readonly dispatch: Dispatch & {
    /** Newest first. */
    readonly historial: readonly Step[];
  };
}

/** Each update has the dispatch and its whole history up to it, so no other query is needed. */
export const timelineSubscription = operation<
  { readonly dispatchUpdated: TimelineUpdate },
  { readonly id: string }
>(`
  subscription Timeline($id: ID!) {
    dispatchUpdated(id: $id) {
      dispatch {
        ...Card
        historial(limit: 30) { timestamp actorId dispatch { version estado ambulancia { id placa } } }
      }
    }
  }
  ${card}`);

interface LastSeenUnit {
  readonly ambulancia: Ambulance | null;
  readonly ubicacionActual: Location | null;
}

interface UnitsAnswer {
  readonly completed: readonly LastSeenUnit[];
  readonly cancelled: readonly LastSeenUnit[];
}

/** The units of dispatches that have ended, the newest first. */
export const unitsQuery = operation<UnitsAnswer, { readonly limit: number }>(`
  query Units($limit: Int!) {
    completed: despachos(estado: COMPLETADO, limit: $limit) { ...Unit }
    cancelled: despachos(estado: CANCELADO, limit: $limit) { ...Unit }
  }
  fragment Unit on Dispatch {
    ambulancia { id placa }
    ubicacionActual { ${place} }
  }`);

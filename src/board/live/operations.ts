/** The GraphQL operations with which the board reads and follows dispatches, and the types of their results. */
import type { ActiveEstado, Ambulance, Dispatch, Location } from '../data/dispatch.ts';

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
    fechaSolicitud
    fechaAsignacion
    fechaLlegada
    fechaActualizacion
  }`;

const place = 'latitud longitud velocidad rumbo receivedAt';

export interface CursorAnswer {
  readonly dispatchesCursor: string;
}

/** Asked for before the pages of the list, so that changes after it are not missed. */
export const cursorQuery = 'query Cursor { dispatchesCursor }';

export type ListedDispatch = Dispatch & {
  /** Newest first. */
  readonly rastreo: readonly Location[];
};

export interface PageAnswer {
  readonly despachos: readonly ListedDispatch[];
}

export interface PageVariables {
  readonly estado: ActiveEstado;
  readonly limit: number;
  readonly offset: number;
  readonly points: number;
}

export const pageQuery = `
  query Page($estado: DispatchStatus!, $limit: Int!, $offset: Int!, $points: Int!) {
    despachos(estado: $estado, limit: $limit, offset: $offset) { ...Card rastreo(limit: $points) { ${place} } }
  }
  ${card}`;

export interface Change {
  readonly cursor: string;
  readonly changeType: 'SNAPSHOT' | 'CREATED' | 'STATUS_CHANGED' | 'ASSIGNED' | 'UPDATED';
  readonly dispatch: Dispatch;
}

export const changesSubscription = `
  subscription Changes($after: Cursor) {
    dispatchesUpdated(after: $after) { cursor changeType dispatch { ...Card } }
  }
  ${card}`;

/** A stream of its own, since only whoever asks knows what is theirs. */
export const followedSubscription = `
  subscription Followed($after: Cursor) {
    followedDispatchUpdated(after: $after) { cursor dispatch { id } }
  }`;

export interface FollowedUpdate {
  readonly cursor: string;
  readonly dispatch: Pick<Dispatch, 'id'>;
}

export interface Move {
  readonly cursor: string;
  readonly location: Location | null;
  readonly snapshot: boolean;
}

export const movesSubscription = `
  subscription Moves($despachoId: ID!, $after: Cursor) {
    locationUpdated(despachoId: $despachoId, after: $after) { cursor snapshot location { ${place} } }
  }`;

export interface Step {
  readonly timestamp: string;
  readonly actorId: string | null;
  readonly dispatch: Pick<Dispatch, 'version' | 'estado' | 'ambulancia'>;
}

export interface TimelineUpdate {
  readonly cursor: string;
  readonly dispatch: Dispatch & {
    /** Newest first. */
    readonly historial: readonly Step[];
  };
}

/** Each update has the dispatch and its whole history up to it, so no other query is needed. */
export const timelineSubscription = `
  subscription Timeline($id: ID!, $after: Cursor) {
    dispatchUpdated(id: $id, after: $after) {
      cursor
      dispatch {
        ...Card
        historial(limit: 30) { timestamp actorId dispatch { version estado ambulancia { id placa } } }
      }
    }
  }
  ${card}`;

export interface LastSeenUnit {
  readonly ambulancia: Ambulance | null;
  readonly ubicacionActual: Location | null;
}

export interface UnitsAnswer {
  readonly completed: readonly LastSeenUnit[];
  readonly cancelled: readonly LastSeenUnit[];
}

/** The units of dispatches that have ended, the newest first. */
export const unitsQuery = `
  query Units($limit: Int!) {
    completed: despachos(estado: COMPLETADO, limit: $limit) { ...Unit }
    cancelled: despachos(estado: CANCELADO, limit: $limit) { ...Unit }
  }
  fragment Unit on Dispatch {
    ambulancia { id placa }
    ubicacionActual { ${place} }
  }`;

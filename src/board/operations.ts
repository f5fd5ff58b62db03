/** The GraphQL operations of the board, and the types of their results. */
import type { Dispatch, Location } from './dispatch.ts';

const card = `
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
  }`;

export type ListedDispatch = Dispatch & {
  /** Newest first. */
  readonly rastreo?: readonly Location[];
};

export interface BoardAnswer {
  readonly dispatchesCursor: string;
  readonly pendiente: readonly ListedDispatch[];
  readonly asignado: readonly ListedDispatch[];
  readonly enCamino: readonly ListedDispatch[];
  readonly enSitio: readonly ListedDispatch[];
  readonly trasladando: readonly ListedDispatch[];
}

/** The active dispatches. `dispatchesCursor` is read before them, so that changes after it are not missed. */
export const boardQuery = `
  query Board($limit: Int!, $points: Int!) {
    dispatchesCursor
    pendiente: despachos(estado: PENDIENTE, limit: $limit) { ...Card }
    asignado: despachos(estado: ASIGNADO, limit: $limit) { ...Card ...Trail }
    enCamino: despachos(estado: EN_CAMINO, limit: $limit) { ...Card ...Trail }
    enSitio: despachos(estado: EN_SITIO, limit: $limit) { ...Card ...Trail }
    trasladando: despachos(estado: TRASLADANDO, limit: $limit) { ...Card ...Trail }
  }
  fragment Trail on Dispatch {
    rastreo(limit: $points) { latitud longitud velocidad rumbo }
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

export interface Move {
  readonly cursor: string;
  readonly despachoId: string;
  readonly location: Location | null;
  readonly snapshot: boolean;
}

export const movesSubscription = `
  subscription Moves($despachoId: ID!, $after: Cursor) {
    locationUpdated(despachoId: $despachoId, after: $after) {
      cursor
      despachoId
      snapshot
      location { latitud longitud velocidad rumbo }
    }
  }`;

export interface Step {
  readonly timestamp: string;
  readonly actorId: string | null;
  readonly dispatch: Pick<Dispatch, 'version' | 'estado' | 'ambulancia'>;
}

export interface TimelineUpdate {
  readonly cursor: string;
  readonly dispatch: {
    readonly id: string;
    readonly version: number;
    /** Newest first. */
    readonly historial: readonly Step[];
  };
}

/** Each update has the whole history up to it, so no other query is needed. */
export const timelineSubscription = `
  subscription Timeline($id: ID!, $after: Cursor) {
    dispatchUpdated(id: $id, after: $after) {
      cursor
      dispatch {
        id
        version
        historial(limit: 30) { timestamp actorId dispatch { version estado ambulancia { id placa } } }
      }
    }
  }`;

export type UserStatus = 'ONLINE' | 'AWAY' | 'BUSY' | 'OFFLINE';

export interface OnlineUser {
  readonly id: string;
  readonly name: string | null;
  readonly role: string | null;
  readonly status: UserStatus;
  readonly connectionCount: number;
}

export interface OnlineAnswer {
  readonly onlineUsers: readonly OnlineUser[];
}

export const onlineQuery = `
  query Online($limit: Int!) {
    onlineUsers(limit: $limit) { id name role status connectionCount }
  }`;

export interface Presence {
  readonly cursor: string;
  readonly isOnline: boolean;
  readonly status: UserStatus;
  readonly user: Pick<OnlineUser, 'id' | 'name' | 'role' | 'connectionCount'>;
}

export const presenceSubscription = `
  subscription Presence($after: Cursor) {
    presenceChanged(after: $after) { cursor isOnline status user { id name role connectionCount } }
  }`;

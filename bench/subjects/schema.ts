/** The schema of the other GraphQL servers: the part of this service's schema that is measured. */
import type { RequestContext } from './request-context.ts';

const types = `
  type Dispatch KEY {
    id: ID! estado: DispatchStatus! prioridad: Prioridad! incidente: Incidente! origen: Place! destino: Place
    ambulancia: AssignedAmbulance observaciones: String distanciaKm: Float tiempoEstimadoMin: Int tiempoRealMin: Int
    fechaSolicitud: DateTime! fechaAsignacion: DateTime fechaLlegada: DateTime fechaFinalizacion: DateTime
    fechaActualizacion: DateTime! version: Int!
  }
  enum DispatchStatus { PENDIENTE ASIGNADO EN_CAMINO EN_SITIO TRASLADANDO COMPLETADO CANCELADO }
  enum Prioridad { BAJA MEDIA ALTA CRITICA }
  enum Incidente { ACCIDENTE EMERGENCIA_MEDICA TRASLADO OTRO }
  type Place { latitud: Float! longitud: Float! direccion: String }
  type AssignedAmbulance { id: ID! placa: String }
  scalar DateTime
  type DispatchUpdate {
    changeType: DispatchChangeType! dispatch: Dispatch! previousEstado: DispatchStatus actorId: ID timestamp: DateTime!
  }
  enum DispatchChangeType { SNAPSHOT CREATED STATUS_CHANGED ASSIGNED UPDATED }
  type Query { despachos(limit: Int = 50): [Dispatch!]! }
  type LocationUpdate { despachoId: ID! location: Location timestamp: DateTime! }
  type Location { latitud: Float! longitud: Float! altitud: Float velocidad: Float rumbo: Float }
  type Subscription {
    dispatchUpdated(id: ID!): DispatchUpdate! dispatchesUpdated: DispatchUpdate! locationUpdated(despachoId: ID!): LocationUpdate!
  }
`;

/** For a server that is no subgraph. */
export const typeDefs = types.replace('KEY', '');

/** For a subgraph. */
export const subgraphTypeDefs =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])' +
  types.replace('KEY', '@key(fields: "id")');

export const queryResolvers = {
  Query: {
    despachos: (_root: unknown, { limit }: { limit: number }, { record }: RequestContext) =>
      record.newest(limit),
  },
};

export const subgraphResolvers = {
  ...queryResolvers,
  Dispatch: {
    __resolveReference: ({ id }: { id: string }, { dispatches }: RequestContext) => dispatches.load(id),
  },
};

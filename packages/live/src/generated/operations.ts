/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** What a new dispatch is made from. */
export type CreateDispatchInput = {
  /** Where the patient is to be taken, when it is known. */
  readonly destino?: PlaceInput | null | undefined;
  /** What kind of incident it answers. */
  readonly incidente?: Incidente | null | undefined;
  /** Free text for the crew, at most 2000 characters. Control characters other than tabs and ends of lines are left out. */
  readonly observaciones?: string | null | undefined;
  /** Where help is needed. */
  readonly origen: PlaceInput;
  /** How urgent it is. */
  readonly prioridad?: Prioridad | null | undefined;
};

/** What kind of change a subscriber is shown. */
export type DispatchChangeType =
  /** An ambulance was assigned, or another one instead. */
  | 'ASSIGNED'
  /** It was created. */
  | 'CREATED'
  /** Not a change: the current state, with which a stream begins, or goes on where its past is no longer kept. */
  | 'SNAPSHOT'
  /** Its status changed. */
  | 'STATUS_CHANGED'
  /** Something else about it changed. */
  | 'UPDATED';

/** How far a dispatch has come. Each value is the upper-case form of the word that MS Despacho uses. */
export type DispatchStatus =
  /** An ambulance was assigned. Next: EN_CAMINO or CANCELADO. */
  | 'ASIGNADO'
  /** Ended before it was completed. Final. */
  | 'CANCELADO'
  /** Ended well. Final. */
  | 'COMPLETADO'
  /** The ambulance is on its way to the scene. Next: EN_SITIO or CANCELADO. */
  | 'EN_CAMINO'
  /** The ambulance is on scene. Next: TRASLADANDO, COMPLETADO or CANCELADO. */
  | 'EN_SITIO'
  /** Asked for; no ambulance yet. Next: ASIGNADO or CANCELADO. */
  | 'PENDIENTE'
  /** The patient is being taken to the destination. Next: COMPLETADO or CANCELADO. */
  | 'TRASLADANDO';

/** What kind of incident a dispatch answers. */
export type Incidente =
  /** An accident: traffic, fall, fire. */
  | 'ACCIDENTE'
  /** A medical emergency. What a dispatch gets when nothing else is said. */
  | 'EMERGENCIA_MEDICA'
  /** Anything else. */
  | 'OTRO'
  /** A planned transfer of a patient. */
  | 'TRASLADO';

/** A point on the map with an address for people. */
export type PlaceInput = {
  /** Address or landmark, at most 255 characters. */
  readonly direccion?: string | null | undefined;
  /** Latitude in degrees, WGS 84, from -90 to 90. */
  readonly latitud: number;
  /** Longitude in degrees, WGS 84, from -180 to 180. */
  readonly longitud: number;
};

/** How urgent a dispatch is. */
export type Prioridad =
  /** Urgent. */
  | 'ALTA'
  /** Can wait. */
  | 'BAJA'
  /** Life at risk. */
  | 'CRITICA'
  /** Normal. What a dispatch gets when nothing else is said. */
  | 'MEDIA';

/**
 * What an event stands for of a stream that could not go on behind the last one: the events there are no longer kept, or the log of
 * them is lost. Every event that is shown instead says so in `recovered`; those after them go on as ever.
 */
export type Recovery =
  /** Everything that was missed is shown, in order; some of it may have been seen before. Nothing is missing. */
  | 'COMPLETE'
  /**
   * What there is now is shown, and not how it came about: changes in between may be missing, of messages those that are no longer
   * kept. Replace what you hold by it.
   */
  | 'PARTIAL';

/** A stream that is asked about: a field of `Subscription`, with what it would be given there. */
export type StreamInput = {
  /** Its arguments by their names, without `after`. May be left out where there are none. */
  readonly arguments?: unknown;
  /** The field that shows it, such as `dispatchesUpdated`. */
  readonly field: string;
};

/** How a user wants to be seen. */
export type UserStatus =
  /** Here, but not looking. */
  | 'AWAY'
  /** Here, not to be disturbed. */
  | 'BUSY'
  /** Not here, or not wanting to be seen. */
  | 'OFFLINE'
  /** Here and attentive. */
  | 'ONLINE';

export type DispatchCardFragment = { readonly id: string, readonly version: number, readonly estado: DispatchStatus, readonly prioridad: Prioridad, readonly incidente: Incidente, readonly observaciones: string | null, readonly fechaSolicitud: string, readonly origen: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null }, readonly destino: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null } | null, readonly ambulancia: { readonly id: string, readonly placa: string | null } | null };

export type DispatchesQueryVariables = Exact<{
  estado?: DispatchStatus | null | undefined;
  prioridad?: Prioridad | null | undefined;
  limit?: number | null | undefined;
  offset?: number | null | undefined;
}>;


export type DispatchesQuery = { readonly dispatchesCursor: string, readonly despachos: ReadonlyArray<{ readonly id: string, readonly version: number, readonly estado: DispatchStatus, readonly prioridad: Prioridad, readonly incidente: Incidente, readonly observaciones: string | null, readonly fechaSolicitud: string, readonly origen: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null }, readonly destino: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null } | null, readonly ambulancia: { readonly id: string, readonly placa: string | null } | null }> };

export type OneDispatchQueryVariables = Exact<{
  id: string | number;
}>;


export type OneDispatchQuery = { readonly dispatch: { readonly id: string, readonly version: number, readonly estado: DispatchStatus, readonly prioridad: Prioridad, readonly incidente: Incidente, readonly observaciones: string | null, readonly fechaSolicitud: string, readonly origen: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null }, readonly destino: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null } | null, readonly ambulancia: { readonly id: string, readonly placa: string | null } | null } | null };

export type DispatchUpdatedSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type DispatchUpdatedSubscription = { readonly dispatchUpdated: { readonly changeType: DispatchChangeType, readonly previousEstado: DispatchStatus | null, readonly timestamp: string, readonly recovered: Recovery | null, readonly dispatch: { readonly id: string, readonly version: number, readonly estado: DispatchStatus, readonly prioridad: Prioridad, readonly incidente: Incidente, readonly observaciones: string | null, readonly fechaSolicitud: string, readonly origen: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null }, readonly destino: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null } | null, readonly ambulancia: { readonly id: string, readonly placa: string | null } | null } } };

export type DispatchesUpdatedSubscriptionVariables = Exact<{
  estado?: DispatchStatus | null | undefined;
  prioridad?: Prioridad | null | undefined;
  after?: string | null | undefined;
}>;


export type DispatchesUpdatedSubscription = { readonly dispatchesUpdated: { readonly changeType: DispatchChangeType, readonly previousEstado: DispatchStatus | null, readonly timestamp: string, readonly recovered: Recovery | null, readonly dispatch: { readonly id: string, readonly version: number, readonly estado: DispatchStatus, readonly prioridad: Prioridad, readonly incidente: Incidente, readonly observaciones: string | null, readonly fechaSolicitud: string, readonly origen: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null }, readonly destino: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null } | null, readonly ambulancia: { readonly id: string, readonly placa: string | null } | null } } };

export type FollowedDispatchUpdatedSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type FollowedDispatchUpdatedSubscription = { readonly followedDispatchUpdated: { readonly changeType: DispatchChangeType, readonly previousEstado: DispatchStatus | null, readonly timestamp: string, readonly recovered: Recovery | null, readonly dispatch: { readonly id: string, readonly version: number, readonly estado: DispatchStatus, readonly prioridad: Prioridad, readonly incidente: Incidente, readonly observaciones: string | null, readonly fechaSolicitud: string, readonly origen: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null }, readonly destino: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null } | null, readonly ambulancia: { readonly id: string, readonly placa: string | null } | null } } };

export type CreateDispatchMutationVariables = Exact<{
  input: CreateDispatchInput;
}>;


export type CreateDispatchMutation = { readonly createDispatch: { readonly id: string, readonly version: number, readonly estado: DispatchStatus, readonly prioridad: Prioridad, readonly incidente: Incidente, readonly observaciones: string | null, readonly fechaSolicitud: string, readonly origen: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null }, readonly destino: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null } | null, readonly ambulancia: { readonly id: string, readonly placa: string | null } | null } | null };

export type AssignDispatchMutationVariables = Exact<{
  id: string | number;
  ambulanciaId: string | number;
  placa?: string | null | undefined;
  expectedVersion?: number | null | undefined;
}>;


export type AssignDispatchMutation = { readonly assignDispatch: { readonly id: string, readonly version: number, readonly estado: DispatchStatus, readonly prioridad: Prioridad, readonly incidente: Incidente, readonly observaciones: string | null, readonly fechaSolicitud: string, readonly origen: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null }, readonly destino: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null } | null, readonly ambulancia: { readonly id: string, readonly placa: string | null } | null } | null };

export type UpdateDispatchStatusMutationVariables = Exact<{
  id: string | number;
  estado: DispatchStatus;
  expectedVersion?: number | null | undefined;
}>;


export type UpdateDispatchStatusMutation = { readonly updateDispatchStatus: { readonly id: string, readonly version: number, readonly estado: DispatchStatus, readonly prioridad: Prioridad, readonly incidente: Incidente, readonly observaciones: string | null, readonly fechaSolicitud: string, readonly origen: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null }, readonly destino: { readonly latitud: number, readonly longitud: number, readonly direccion: string | null } | null, readonly ambulancia: { readonly id: string, readonly placa: string | null } | null } | null };

export type LocationUpdatedSubscriptionVariables = Exact<{
  despachoId: string | number;
}>;


export type LocationUpdatedSubscription = { readonly locationUpdated: { readonly despachoId: string, readonly snapshot: boolean, readonly timestamp: string, readonly recovered: Recovery | null, readonly location: { readonly latitud: number, readonly longitud: number, readonly velocidad: number | null, readonly rumbo: number | null, readonly recordedAt: string } | null } };

export type MessageBroadcastSubscriptionVariables = Exact<{
  channel: string;
}>;


export type MessageBroadcastSubscription = { readonly messageBroadcast: { readonly id: string, readonly channel: string, readonly message: string, readonly senderId: string, readonly timestamp: string, readonly recovered: Recovery | null } };

export type PresenceChangedSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type PresenceChangedSubscription = { readonly presenceChanged: { readonly userId: string, readonly status: UserStatus, readonly previousStatus: UserStatus | null, readonly isOnline: boolean, readonly snapshot: boolean, readonly timestamp: string, readonly recovered: Recovery | null, readonly user: { readonly id: string, readonly name: string | null, readonly role: string | null, readonly connectionCount: number | null } } };

export type UserStatusChangedSubscriptionVariables = Exact<{
  userId: string | number;
}>;


export type UserStatusChangedSubscription = { readonly userStatusChanged: { readonly userId: string, readonly status: UserStatus, readonly previousStatus: UserStatus | null, readonly isOnline: boolean, readonly snapshot: boolean, readonly timestamp: string, readonly recovered: Recovery | null } };

export type ChannelHistoryQueryVariables = Exact<{
  channel: string;
  limit?: number | null | undefined;
}>;


export type ChannelHistoryQuery = { readonly channelHistory: ReadonlyArray<{ readonly id: string, readonly channel: string, readonly message: string, readonly senderId: string, readonly timestamp: string }> };

export type StreamPlacesQueryVariables = Exact<{
  streams: ReadonlyArray<StreamInput> | StreamInput;
}>;


export type StreamPlacesQuery = { readonly streamPlaces: ReadonlyArray<{ readonly cursor: string, readonly position: string | null } | null> };

export type OnlineUsersQueryVariables = Exact<{
  limit?: number | null | undefined;
}>;


export type OnlineUsersQuery = { readonly onlineUsers: ReadonlyArray<{ readonly id: string, readonly name: string | null, readonly role: string | null, readonly status: UserStatus, readonly connectionCount: number }> };

export type BroadcastMessageMutationVariables = Exact<{
  channel: string;
  message: string;
}>;


export type BroadcastMessageMutation = { readonly broadcastMessage: { readonly id: string, readonly timestamp: string } | null };

export const DispatchCardFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DispatchCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Dispatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"estado"}},{"kind":"Field","name":{"kind":"Name","value":"prioridad"}},{"kind":"Field","name":{"kind":"Name","value":"incidente"}},{"kind":"Field","name":{"kind":"Name","value":"observaciones"}},{"kind":"Field","name":{"kind":"Name","value":"fechaSolicitud"}},{"kind":"Field","name":{"kind":"Name","value":"origen"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"destino"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"ambulancia"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"placa"}}]}}]}}]} as unknown as DocumentNode<DispatchCardFragment, unknown>;
export const DispatchesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Dispatches"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"estado"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"DispatchStatus"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"prioridad"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Prioridad"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"limit"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"offset"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"dispatchesCursor"}},{"kind":"Field","name":{"kind":"Name","value":"despachos"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"estado"},"value":{"kind":"Variable","name":{"kind":"Name","value":"estado"}}},{"kind":"Argument","name":{"kind":"Name","value":"prioridad"},"value":{"kind":"Variable","name":{"kind":"Name","value":"prioridad"}}},{"kind":"Argument","name":{"kind":"Name","value":"limit"},"value":{"kind":"Variable","name":{"kind":"Name","value":"limit"}}},{"kind":"Argument","name":{"kind":"Name","value":"offset"},"value":{"kind":"Variable","name":{"kind":"Name","value":"offset"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DispatchCard"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DispatchCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Dispatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"estado"}},{"kind":"Field","name":{"kind":"Name","value":"prioridad"}},{"kind":"Field","name":{"kind":"Name","value":"incidente"}},{"kind":"Field","name":{"kind":"Name","value":"observaciones"}},{"kind":"Field","name":{"kind":"Name","value":"fechaSolicitud"}},{"kind":"Field","name":{"kind":"Name","value":"origen"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"destino"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"ambulancia"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"placa"}}]}}]}}]} as unknown as DocumentNode<DispatchesQuery, DispatchesQueryVariables>;
export const OneDispatchDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"OneDispatch"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"dispatch"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DispatchCard"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DispatchCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Dispatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"estado"}},{"kind":"Field","name":{"kind":"Name","value":"prioridad"}},{"kind":"Field","name":{"kind":"Name","value":"incidente"}},{"kind":"Field","name":{"kind":"Name","value":"observaciones"}},{"kind":"Field","name":{"kind":"Name","value":"fechaSolicitud"}},{"kind":"Field","name":{"kind":"Name","value":"origen"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"destino"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"ambulancia"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"placa"}}]}}]}}]} as unknown as DocumentNode<OneDispatchQuery, OneDispatchQueryVariables>;
export const DispatchUpdatedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"DispatchUpdated"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"dispatchUpdated"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changeType"}},{"kind":"Field","name":{"kind":"Name","value":"previousEstado"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"recovered"}},{"kind":"Field","name":{"kind":"Name","value":"dispatch"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DispatchCard"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DispatchCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Dispatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"estado"}},{"kind":"Field","name":{"kind":"Name","value":"prioridad"}},{"kind":"Field","name":{"kind":"Name","value":"incidente"}},{"kind":"Field","name":{"kind":"Name","value":"observaciones"}},{"kind":"Field","name":{"kind":"Name","value":"fechaSolicitud"}},{"kind":"Field","name":{"kind":"Name","value":"origen"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"destino"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"ambulancia"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"placa"}}]}}]}}]} as unknown as DocumentNode<DispatchUpdatedSubscription, DispatchUpdatedSubscriptionVariables>;
export const DispatchesUpdatedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"DispatchesUpdated"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"estado"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"DispatchStatus"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"prioridad"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Prioridad"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Cursor"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"dispatchesUpdated"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"estado"},"value":{"kind":"Variable","name":{"kind":"Name","value":"estado"}}},{"kind":"Argument","name":{"kind":"Name","value":"prioridad"},"value":{"kind":"Variable","name":{"kind":"Name","value":"prioridad"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changeType"}},{"kind":"Field","name":{"kind":"Name","value":"previousEstado"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"recovered"}},{"kind":"Field","name":{"kind":"Name","value":"dispatch"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DispatchCard"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DispatchCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Dispatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"estado"}},{"kind":"Field","name":{"kind":"Name","value":"prioridad"}},{"kind":"Field","name":{"kind":"Name","value":"incidente"}},{"kind":"Field","name":{"kind":"Name","value":"observaciones"}},{"kind":"Field","name":{"kind":"Name","value":"fechaSolicitud"}},{"kind":"Field","name":{"kind":"Name","value":"origen"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"destino"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"ambulancia"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"placa"}}]}}]}}]} as unknown as DocumentNode<DispatchesUpdatedSubscription, DispatchesUpdatedSubscriptionVariables>;
export const FollowedDispatchUpdatedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"FollowedDispatchUpdated"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"followedDispatchUpdated"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changeType"}},{"kind":"Field","name":{"kind":"Name","value":"previousEstado"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"recovered"}},{"kind":"Field","name":{"kind":"Name","value":"dispatch"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DispatchCard"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DispatchCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Dispatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"estado"}},{"kind":"Field","name":{"kind":"Name","value":"prioridad"}},{"kind":"Field","name":{"kind":"Name","value":"incidente"}},{"kind":"Field","name":{"kind":"Name","value":"observaciones"}},{"kind":"Field","name":{"kind":"Name","value":"fechaSolicitud"}},{"kind":"Field","name":{"kind":"Name","value":"origen"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"destino"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"ambulancia"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"placa"}}]}}]}}]} as unknown as DocumentNode<FollowedDispatchUpdatedSubscription, FollowedDispatchUpdatedSubscriptionVariables>;
export const CreateDispatchDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateDispatch"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateDispatchInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createDispatch"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DispatchCard"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DispatchCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Dispatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"estado"}},{"kind":"Field","name":{"kind":"Name","value":"prioridad"}},{"kind":"Field","name":{"kind":"Name","value":"incidente"}},{"kind":"Field","name":{"kind":"Name","value":"observaciones"}},{"kind":"Field","name":{"kind":"Name","value":"fechaSolicitud"}},{"kind":"Field","name":{"kind":"Name","value":"origen"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"destino"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"ambulancia"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"placa"}}]}}]}}]} as unknown as DocumentNode<CreateDispatchMutation, CreateDispatchMutationVariables>;
export const AssignDispatchDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"AssignDispatch"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"ambulanciaId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"placa"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"expectedVersion"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"assignDispatch"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"Argument","name":{"kind":"Name","value":"ambulanciaId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"ambulanciaId"}}},{"kind":"Argument","name":{"kind":"Name","value":"placa"},"value":{"kind":"Variable","name":{"kind":"Name","value":"placa"}}},{"kind":"Argument","name":{"kind":"Name","value":"expectedVersion"},"value":{"kind":"Variable","name":{"kind":"Name","value":"expectedVersion"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DispatchCard"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DispatchCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Dispatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"estado"}},{"kind":"Field","name":{"kind":"Name","value":"prioridad"}},{"kind":"Field","name":{"kind":"Name","value":"incidente"}},{"kind":"Field","name":{"kind":"Name","value":"observaciones"}},{"kind":"Field","name":{"kind":"Name","value":"fechaSolicitud"}},{"kind":"Field","name":{"kind":"Name","value":"origen"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"destino"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"ambulancia"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"placa"}}]}}]}}]} as unknown as DocumentNode<AssignDispatchMutation, AssignDispatchMutationVariables>;
export const UpdateDispatchStatusDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateDispatchStatus"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"estado"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DispatchStatus"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"expectedVersion"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateDispatchStatus"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"Argument","name":{"kind":"Name","value":"estado"},"value":{"kind":"Variable","name":{"kind":"Name","value":"estado"}}},{"kind":"Argument","name":{"kind":"Name","value":"expectedVersion"},"value":{"kind":"Variable","name":{"kind":"Name","value":"expectedVersion"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DispatchCard"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DispatchCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Dispatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"estado"}},{"kind":"Field","name":{"kind":"Name","value":"prioridad"}},{"kind":"Field","name":{"kind":"Name","value":"incidente"}},{"kind":"Field","name":{"kind":"Name","value":"observaciones"}},{"kind":"Field","name":{"kind":"Name","value":"fechaSolicitud"}},{"kind":"Field","name":{"kind":"Name","value":"origen"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"destino"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"direccion"}}]}},{"kind":"Field","name":{"kind":"Name","value":"ambulancia"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"placa"}}]}}]}}]} as unknown as DocumentNode<UpdateDispatchStatusMutation, UpdateDispatchStatusMutationVariables>;
export const LocationUpdatedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"LocationUpdated"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"despachoId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"locationUpdated"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"despachoId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"despachoId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"despachoId"}},{"kind":"Field","name":{"kind":"Name","value":"snapshot"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"recovered"}},{"kind":"Field","name":{"kind":"Name","value":"location"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitud"}},{"kind":"Field","name":{"kind":"Name","value":"longitud"}},{"kind":"Field","name":{"kind":"Name","value":"velocidad"}},{"kind":"Field","name":{"kind":"Name","value":"rumbo"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}}]}}]}}]}}]} as unknown as DocumentNode<LocationUpdatedSubscription, LocationUpdatedSubscriptionVariables>;
export const MessageBroadcastDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"MessageBroadcast"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"channel"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"messageBroadcast"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"channel"},"value":{"kind":"Variable","name":{"kind":"Name","value":"channel"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"channel"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"senderId"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"recovered"}}]}}]}}]} as unknown as DocumentNode<MessageBroadcastSubscription, MessageBroadcastSubscriptionVariables>;
export const PresenceChangedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"PresenceChanged"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"presenceChanged"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"previousStatus"}},{"kind":"Field","name":{"kind":"Name","value":"isOnline"}},{"kind":"Field","name":{"kind":"Name","value":"snapshot"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"recovered"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"connectionCount"}}]}}]}}]}}]} as unknown as DocumentNode<PresenceChangedSubscription, PresenceChangedSubscriptionVariables>;
export const UserStatusChangedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"UserStatusChanged"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"userId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userStatusChanged"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"userId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"userId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"previousStatus"}},{"kind":"Field","name":{"kind":"Name","value":"isOnline"}},{"kind":"Field","name":{"kind":"Name","value":"snapshot"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"recovered"}}]}}]}}]} as unknown as DocumentNode<UserStatusChangedSubscription, UserStatusChangedSubscriptionVariables>;
export const ChannelHistoryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ChannelHistory"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"channel"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"limit"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"channelHistory"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"channel"},"value":{"kind":"Variable","name":{"kind":"Name","value":"channel"}}},{"kind":"Argument","name":{"kind":"Name","value":"limit"},"value":{"kind":"Variable","name":{"kind":"Name","value":"limit"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"channel"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"senderId"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}}]}}]}}]} as unknown as DocumentNode<ChannelHistoryQuery, ChannelHistoryQueryVariables>;
export const StreamPlacesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"StreamPlaces"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"streams"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"StreamInput"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"streamPlaces"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"streams"},"value":{"kind":"Variable","name":{"kind":"Name","value":"streams"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]}}]} as unknown as DocumentNode<StreamPlacesQuery, StreamPlacesQueryVariables>;
export const OnlineUsersDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"OnlineUsers"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"limit"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"onlineUsers"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"limit"},"value":{"kind":"Variable","name":{"kind":"Name","value":"limit"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"connectionCount"}}]}}]}}]} as unknown as DocumentNode<OnlineUsersQuery, OnlineUsersQueryVariables>;
export const BroadcastMessageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"BroadcastMessage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"channel"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"message"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"broadcastMessage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"channel"},"value":{"kind":"Variable","name":{"kind":"Name","value":"channel"}}},{"kind":"Argument","name":{"kind":"Name","value":"message"},"value":{"kind":"Variable","name":{"kind":"Name","value":"message"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}}]}}]}}]} as unknown as DocumentNode<BroadcastMessageMutation, BroadcastMessageMutationVariables>;
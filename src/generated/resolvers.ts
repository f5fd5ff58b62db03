import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { AlertValue } from '../modules/alert/stream.ts';
import type { AreaLocationValue } from '../modules/location/areas/subscription.ts';
import type { AssignmentState } from '../modules/dispatch/assignments/assignment-state.ts';
import type { AssignmentOfferValue } from '../modules/dispatch/assignments/offers.ts';
import type { AuditEntry } from '../modules/dispatch/audit-trail.ts';
import type { DispatchState } from '../modules/dispatch/events.ts';
import type { DispatchUpdateValue } from '../modules/dispatch/update.ts';
import type { FoundSubscription } from '../stores/peers/messages.ts';
import type { LocationState } from '../modules/location/events.ts';
import type { LocationUpdateValue } from '../modules/location/update.ts';
import type { MessageBroadcastValue } from '../modules/message/broadcast.ts';
import type { DispatchReceipt } from '../modules/dispatch/receipts/dispatch-receipts.ts';
import type { PresentViewer } from '../stores/presence/presence.ts';
import type { AnnouncedEnd } from '../modules/connection/session-control.ts';
import type { SilentPeer } from '../stores/peers/peers.ts';
import type { UserReference, UserStatusChangeValue } from '../modules/user/status.ts';
import type { SharedContext, ViewerContext } from '../schema/context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /**
   * Where one event stands in its stream. Opaque: keep the newest one you have seen and give it back as `after` to continue
   * exactly after it, on any connection and any process of the service. It is signed: one that was made up is no error, but
   * the stream begins anew.
   */
  Cursor: { input: string; output: string | { toJSON(): string }; }
  /**
   * A moment in time, ISO 8601 in UTC with milliseconds: `2026-11-24T03:27:36.123Z`. Input is RFC 3339 with any offset: `t` and `z` in either
   * case, `+0200` as well as `+02:00`, and a leap second, which is the last moment of its day. No local times, weeks or days of the year.
   */
  DateTime: { input: Date; output: Date | string; }
  /** Any JSON value. */
  JSON: { input: unknown; output: unknown; }
  /**
   * Where something stands in its stream, as a text of one width. Of two positions of a stream the larger text is the later one, also where
   * the log of events was lost in between: compare them with `<` and `>`, and expect nothing else of them. Streams of one dispatch, user or channel
   * have positions of their own; the board and what a viewer follows have the same.
   */
  StreamPosition: { input: string; output: string; }
  _FieldSet: { input: string; output: string; }
};

/**
 * Something about a dispatch that somebody should look at, because nothing has happened where something should have. It is raised when its
 * limit is reached, once, by whichever process of the service is there; and cleared when its reason is gone, by itself.
 */
export type Alert = {
  __typename?: 'Alert';
  /** When somebody has said that they have seen it (`acknowledgeAlert`); null while nobody has. */
  acknowledgedAt: Maybe<Scalars['DateTime']['output']>;
  /** Who that was; null for viewers who may not read `events`. */
  acknowledgedBy: Maybe<Scalars['ID']['output']>;
  /** The ambulance that the dispatch had when this was raised. */
  ambulanciaId: Maybe<Scalars['ID']['output']>;
  /** The assignment, of `UNANSWERED` and `UNDELIVERED`. */
  assignmentId: Maybe<Scalars['ID']['output']>;
  /** When its reason was gone; null as long as it lasts. `BACK_ONLINE` says something once, and is cleared from the beginning. */
  clearedAt: Maybe<Scalars['DateTime']['output']>;
  /** Where this event stands in the stream; give it back as `after` to continue after it. Null outside a subscription. */
  cursor: Maybe<Scalars['Cursor']['output']>;
  /** The dispatch. */
  despachoId: Scalars['ID']['output'];
  /** The dispatch as it is now. */
  dispatch: Maybe<Dispatch>;
  /** The status that the dispatch had when this was raised. */
  estado: DispatchStatus;
  /**
   * The position of the event before this one that the same stream shows, with the same filter. Where it is larger than each position that
   * was seen, something was lost on the way: subscribe again after the last `cursor` before. Null where that is not known: of
   * what stands for events that are no longer kept, where `kinds` names some of several, and outside a subscription.
   */
  follows: Maybe<Scalars['StreamPosition']['output']>;
  /** Identifies the alert; grows. */
  id: Scalars['ID']['output'];
  /** What it is about. */
  kind: AlertKind;
  /** When the limit was reached; of `BACK_ONLINE`, when a position came in again. */
  limitAt: Scalars['DateTime']['output'];
  /** Where this stands in the stream, to be compared; of a snapshot, the position behind which the stream goes on. Null outside a subscription. */
  position: Maybe<Scalars['StreamPosition']['output']>;
  /** The priority that the dispatch had when this was raised: its limit is that of the priority. */
  prioridad: Prioridad;
  /** When it was raised: at `limitAt`, or later where no process was there to do it. */
  raisedAt: Scalars['DateTime']['output'];
  /**
   * Set where this stands for events that are no longer kept: the stream could not go on behind its last event. Null where it goes on,
   * and in the state with which a new stream begins. Null outside a subscription.
   */
  recovered: Maybe<Recovery>;
  /** From when on the limit counts: of the last position, the beginning of the status, or the assignment. */
  since: Scalars['DateTime']['output'];
};

/** A page of a list of alerts. */
export type AlertConnection = {
  __typename?: 'AlertConnection';
  /** The alerts of the page. */
  edges: Array<AlertEdge>;
  /** Whether there are more, and where they begin. */
  pageInfo: AlertPageInfo;
};

/** An alert in a list. */
export type AlertEdge = {
  __typename?: 'AlertEdge';
  /** Stands for its place in the list: as `after`, the list goes on behind it. */
  cursor: Scalars['String']['output'];
  /** The alert. */
  node: Alert;
};

/** What an alert is about. After how long, is configured, for each priority (`ALERT_…_MS`). */
export type AlertKind =
  /** Positions come in again, of an ambulance that was `STALE_POSITION`: said once, with nothing to be done. */
  | 'BACK_ONLINE'
  /** In one status for too long. Cleared by the next one. */
  | 'OVERDUE'
  /** On the way (EN_CAMINO, TRASLADANDO), and no position has come in. Cleared when one does, or by the next status. */
  | 'STALE_POSITION'
  /** Assigned, and the crew has not answered by its `deadline`. Cleared by an answer, or when the assignment ends. */
  | 'UNANSWERED'
  /**
   * Assigned, and no client of the crew has acknowledged it; nor has a gateway, behind which that is not known. Cleared when one does, when
   * somebody says that they have seen it, by an answer, or when the assignment ends.
   */
  | 'UNDELIVERED';

/** Where a page of a list of alerts ends. */
export type AlertPageInfo = {
  __typename?: 'AlertPageInfo';
  /** The `cursor` of the last one; null where there is none. */
  endCursor: Maybe<Scalars['String']['output']>;
  /** Whether others follow. */
  hasNextPage: Scalars['Boolean']['output'];
};

/** What has happened to an ambulance in a part of the map. */
export type AreaChange =
  /**
   * Nothing of an ambulance: nobody knows what has left since `after`, so that the stream begins anew. Forget all that you hold; whatever is
   * there comes behind this, maybe nothing.
   */
  | 'ANEW'
  /** It has come, or its dispatch has begun to fit. */
  | 'ENTERED'
  /**
   * It is not there any more, its dispatch has ended or ceased to fit, or it has gone through between two positions. May be told of one that
   * was not shown. Never left out, however low the rate.
   */
  | 'LEFT'
  /** It has moved, and was there before. */
  | 'MOVED'
  /** It is there: with these a stream begins. */
  | 'SNAPSHOT';

/** What happens in a part of the map. */
export type AreaLocation = {
  __typename?: 'AreaLocation';
  /** What has happened. */
  change: AreaChange;
  /** Where this stands; give it back as `after`, with the same box or with another one. */
  cursor: Scalars['Cursor']['output'];
  /** The dispatch whose ambulance it is. Null only with `ANEW`. */
  despachoId: Maybe<Scalars['ID']['output']>;
  /** The same dispatch, as it is now. */
  dispatch: Maybe<Dispatch>;
  /** Where the ambulance is. Null with `ANEW`, and with `LEFT` when a stream goes on that was away. */
  location: Maybe<Location>;
  /** `PARTIAL` in `ANEW`, and in what is there then. Null otherwise. */
  recovered: Maybe<Recovery>;
  /** When the service received the position, or the change of the dispatch. */
  timestamp: Scalars['DateTime']['output'];
};

/** The ambulance that serves a dispatch. */
export type AssignedAmbulance = {
  __typename?: 'AssignedAmbulance';
  /** Identifies the ambulance in the fleet. */
  id: Scalars['ID']['output'];
  /** Its number plate, when it is known. */
  placa: Maybe<Scalars['String']['output']>;
};

/**
 * An ambulance was sent to a dispatch: whether its crew knows, and what it says. It begins when an ambulance is assigned, and ends when another
 * one is, when it is declined, or with the dispatch.
 */
export type Assignment = {
  __typename?: 'Assignment';
  /** The ambulance. */
  ambulancia: AssignedAmbulance;
  /** What the crew has said. */
  answer: AssignmentAnswer;
  /** When it said so. */
  answeredAt: Maybe<Scalars['DateTime']['output']>;
  /** Who said so; null for viewers who may not read `events`. */
  answeredBy: Maybe<Scalars['ID']['output']>;
  /** When it was assigned. */
  assignedAt: Scalars['DateTime']['output'];
  /** Who has assigned it; null for viewers who may not read `events`. */
  assignedBy: Maybe<Scalars['ID']['output']>;
  /** When an answer was due; null where nothing is escalated (`ASSIGNMENT_ANSWER_MS`). */
  deadline: Maybe<Scalars['DateTime']['output']>;
  /**
   * When a client of the crew has proven that it has it: it acknowledged `assignmentOffered`, or came back to it with a later cursor as `after`.
   * Nobody presses a button for that. Null while none has, and when that is no longer kept (`EVENT_RETENTION_DAYS`). It is no change of its
   * own: whoever watches the dispatch is shown it with the next one.
   */
  deliveredAt: Maybe<Scalars['DateTime']['output']>;
  /** What is known of that. */
  delivery: AssignmentDelivery;
  /** The dispatch. */
  despachoId: Scalars['ID']['output'];
  /** When it ended; null while it is the present one. */
  endedAt: Maybe<Scalars['DateTime']['output']>;
  /** Identifies the assignment: of the same ambulance, assigned once more, it is another one. */
  id: Scalars['ID']['output'];
  /**
   * How far it was escalated. 0: not; 1: offered to the crew again; 2: whoever has assigned it was told, on the channel `user:<id>:assignments`;
   * 3: all dispatchers were, on `role:dispatcher:assignments`.
   */
  level: Scalars['Int']['output'];
  /** When the next level is due, unless somebody answers before; null where none is. */
  nextLevelAt: Maybe<Scalars['DateTime']['output']>;
  /** Why it was declined, or what was said beside it. */
  reason: Maybe<Scalars['String']['output']>;
  /** When the crew's app has said that it is on the screen (`seeAssignment`). */
  seenAt: Maybe<Scalars['DateTime']['output']>;
};

/** What the crew says of an assignment. */
export type AssignmentAnswer =
  /** They go: somebody accepted it, or the ambulance has left (EN_CAMINO). */
  | 'ACCEPTED'
  /** They do not go. */
  | 'DECLINED'
  /** Nothing by the deadline, so that it is escalated. It may still be answered. */
  | 'EXPIRED'
  /** Nothing yet. */
  | 'PENDING';

/** What happened to an assignment. */
export type AssignmentChange =
  /** It was accepted or declined. */
  | 'ANSWERED'
  /**
   * It is no longer for this crew: another ambulance was assigned, or the dispatch has ended. A stream that goes on where its past is no longer
   * kept begins with those that have ended since, up to 100.
   */
  | 'ENDED'
  /** Nobody answered in time: `level` says how far it was escalated. */
  | 'ESCALATED'
  /** The ambulance was assigned. */
  | 'OFFERED'
  /** The crew has seen it. */
  | 'SEEN'
  /** Nothing: it is one that has not ended, with which a stream begins, or goes on where its past is no longer kept. */
  | 'SNAPSHOT';

/** What is known of whether an assignment has reached its crew. */
export type AssignmentDelivery =
  /** A client of the crew has it. */
  | 'DELIVERED'
  /** Nobody has said so. Event streams (SSE) and clients with operation ids that are no UUIDs never do, but for the cursor that they come back with. */
  | 'NOT_YET'
  /** A gateway has it. Whether a client behind it does is not known before that comes back with a cursor. */
  | 'UNKNOWN';

/** Something happened to an assignment, as the crew of its ambulance is shown it. */
export type AssignmentOffer = {
  __typename?: 'AssignmentOffer';
  /** The assignment as this left it. */
  assignment: Assignment;
  /** What happened. */
  change: AssignmentChange;
  /** Where this event stands in the stream; give it back as `after` to continue after it. That also proves that this one was delivered. */
  cursor: Scalars['Cursor']['output'];
  /** The dispatch as this left it. */
  dispatch: Dispatch;
  /**
   * The position of the event before this one that the same stream shows. Where it is larger than each position that was seen, something was
   * lost on the way: subscribe again after the last `cursor` before. Null in a snapshot.
   */
  follows: Maybe<Scalars['StreamPosition']['output']>;
  /** Where this stands in the stream, to be compared; of a snapshot, the position behind which the stream goes on. */
  position: Scalars['StreamPosition']['output'];
  /**
   * Set where this stands for events that are no longer kept: the stream could not go on behind its last event. Null where it goes on,
   * and in the state with which a new stream begins.
   */
  recovered: Maybe<Recovery>;
  /** When it happened; in a `SNAPSHOT`, when it was assigned. */
  timestamp: Scalars['DateTime']['output'];
};

/** One entry of the audit trail. */
export type AuditEvent = {
  __typename?: 'AuditEvent';
  /** The viewer who did it. */
  actorId: Maybe<Scalars['ID']['output']>;
  /**
   * The event as it was stored, in full. The text of a message (`message`) is null for a viewer who may not read its channel, and
   * why a session was ended (`reason`) for all but admins.
   */
  data: Scalars['JSON']['output'];
  /** The dispatch it happened to, when there is one. */
  despachoId: Maybe<Scalars['ID']['output']>;
  /** Identifies the entry; later entries have higher numbers. */
  id: Scalars['ID']['output'];
  /** When it happened. */
  timestamp: Scalars['DateTime']['output'];
  /**
   * What happened: `dispatch.created`, `dispatch.assigned`, `dispatch.status_changed`, `dispatch.updated`, `dispatch.followed`,
   * `dispatch.unfollowed`, `assignment.escalated`, `assignment.seen`, `assignment.answered`, `alert.raised`, `alert.acknowledged`,
   * `alert.cleared`, `location.reported`, `message.broadcast`, `session.ended` or `session.readmitted`.
   */
  type: Scalars['String']['output'];
};

/**
 * A part of the map, in degrees, WGS 84. Its edges belong to it. Where `oeste` is larger than `este` it lies across the anti-meridian. One that
 * reaches a pole contains it, whatever its longitudes.
 */
export type BoundingBoxInput = {
  /** Its edge in the east, from -180 to 180, another one than `oeste`. */
  este: Scalars['Float']['input'];
  /** Its edge in the north, from -90 to 90, larger than `sur`. */
  norte: Scalars['Float']['input'];
  /** Its edge in the west, from -180 to 180. */
  oeste: Scalars['Float']['input'];
  /** Its edge in the south, from -90 to 90. */
  sur: Scalars['Float']['input'];
};

/** How busy the service is. */
export type ConnectionStats = {
  __typename?: 'ConnectionStats';
  /** Open connections on all processes together: WebSockets, event streams, and subscriptions by HTTP callback. */
  connections: Scalars['Int']['output'];
  /** Those of the process that answered. */
  processConnections: Scalars['Int']['output'];
  /** Groups of subscribers that share one execution per event, on the process that answered. */
  processGroups: Scalars['Int']['output'];
  /** Live subscriptions on the process that answered. */
  processSubscriptions: Scalars['Int']['output'];
  /** When the process that answered was started. */
  startedAt: Scalars['DateTime']['output'];
  /** Users with at least one connection, on all processes together. */
  users: Scalars['Int']['output'];
};

/** What a new dispatch is made from. */
export type CreateDispatchInput = {
  /** Where the patient is to be taken, when it is known. */
  destino?: InputMaybe<PlaceInput>;
  /** What kind of incident it answers. */
  incidente?: InputMaybe<Incidente>;
  /** Free text for the crew, at most 2000 characters. Control characters other than tabs and ends of lines are left out. */
  observaciones?: InputMaybe<Scalars['String']['input']>;
  /** Where help is needed. */
  origen: PlaceInput;
  /** How urgent it is. */
  prioridad?: InputMaybe<Prioridad>;
};

/** One ambulance dispatch: a request for help, the ambulance that answers it, and how far it has come. */
export type Dispatch = {
  __typename?: 'Dispatch';
  /** The ambulance that was assigned. Null while there is none: PENDIENTE, and where the status alone was changed, to ASIGNADO or CANCELADO. */
  ambulancia: Maybe<AssignedAmbulance>;
  /** The newest assignment of an ambulance, and what its crew has said. Null where none was assigned, or before this was kept. */
  assignment: Maybe<Assignment>;
  /** Where the patient is to be taken; null while that is not known. */
  destino: Maybe<Place>;
  /** Great-circle distance from origin to destination in kilometres; null without a destination. */
  distanciaKm: Maybe<Scalars['Float']['output']>;
  /** How far it has come. */
  estado: DispatchStatus;
  /**
   * When its ambulance is expected: at `origen` while it is EN_CAMINO, at `destino` while it is TRASLADANDO. Null otherwise, without a destination, and
   * before there is a position.
   */
  eta: Maybe<Eta>;
  /** When it was last changed. */
  fechaActualizacion: Scalars['DateTime']['output'];
  /** When an ambulance was first assigned; null before. */
  fechaAsignacion: Maybe<Scalars['DateTime']['output']>;
  /** When it was completed or cancelled; null before. */
  fechaFinalizacion: Maybe<Scalars['DateTime']['output']>;
  /** When the ambulance arrived on scene; null before, and where it never did. */
  fechaLlegada: Maybe<Scalars['DateTime']['output']>;
  /** When help was asked for. */
  fechaSolicitud: Scalars['DateTime']['output'];
  /** What happened to it, newest first. */
  historial: Array<DispatchUpdate>;
  /** Identifies the dispatch, for ever. */
  id: Scalars['ID']['output'];
  /** What kind of incident it answers. */
  incidente: Incidente;
  /** Free text for the crew; null where there is none. */
  observaciones: Maybe<Scalars['String']['output']>;
  /** Where help is needed. */
  origen: Place;
  /** How urgent it is. */
  prioridad: Prioridad;
  /** The positions reported for its ambulance, the newest first, by when they were measured. */
  rastreo: Array<Location>;
  /** Estimated driving time from origin to destination in minutes, at 40 km/h; null without a destination. */
  tiempoEstimadoMin: Maybe<Scalars['Int']['output']>;
  /** Minutes from assignment to arrival on scene, once it is completed; null when there was no arrival. */
  tiempoRealMin: Maybe<Scalars['Int']['output']>;
  /** The newest position reported for its ambulance, by when it was measured; null before there is one. */
  ubicacionActual: Maybe<Location>;
  /** Counts the changes: 1 when created, one more with each change. Tells which of two copies is newer. */
  version: Scalars['Int']['output'];
};


/** One ambulance dispatch: a request for help, the ambulance that answers it, and how far it has come. */
export type DispatchHistorialArgs = {
  limit?: InputMaybe<Scalars['Int']['input']>;
};


/** One ambulance dispatch: a request for help, the ambulance that answers it, and how far it has come. */
export type DispatchRastreoArgs = {
  limit?: InputMaybe<Scalars['Int']['input']>;
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
  /**
   * An ambulance was assigned. Where the status alone was changed (`updateDispatchStatus`), `ambulancia` is null until `assignDispatch` says which.
   * Next: EN_CAMINO or CANCELADO; PENDIENTE where its crew declines (`answerAssignment`).
   */
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

/** One change of a dispatch, with the full state it led to. */
export type DispatchUpdate = {
  __typename?: 'DispatchUpdate';
  /**
   * The viewer who made the change; null in a snapshot, and for viewers who may not read `events`: it needs `update-dispatch`
   * on every dispatch.
   */
  actorId: Maybe<Scalars['ID']['output']>;
  /** What kind of change it was. */
  changeType: DispatchChangeType;
  /**
   * Where this event stands in the stream that showed it; give it back as `after` to continue after it.
   * Null in `historial`, which is not a stream.
   */
  cursor: Maybe<Scalars['Cursor']['output']>;
  /** The dispatch as this change left it. */
  dispatch: Dispatch;
  /**
   * The position of the event before this one that the same stream shows, with the same filter. Where it is larger than each position that
   * was seen, something was lost on the way: subscribe again after the last `cursor` before. Null where that is not known: in a snapshot, of
   * what a viewer follows, in `historial`, and now and then while the service is updated.
   */
  follows: Maybe<Scalars['StreamPosition']['output']>;
  /** Where this stands in the stream, to be compared; of a snapshot, the position behind which the stream goes on. Null in `historial`. */
  position: Maybe<Scalars['StreamPosition']['output']>;
  /** The status before the change; null when it did not exist before, or in a snapshot. */
  previousEstado: Maybe<DispatchStatus>;
  /**
   * Set where this stands for events that are no longer kept: the stream could not go on behind its last event. Null where it goes on,
   * and in the state with which a new stream begins. Null in `historial`.
   */
  recovered: Maybe<Recovery>;
  /** When the change was made; in a snapshot, when the dispatch was last changed. */
  timestamp: Scalars['DateTime']['output'];
};

/** When an ambulance is expected. */
export type Eta = {
  __typename?: 'Eta';
  /** What it goes by. */
  basis: EtaBasis;
  /** When the position was measured that this counts from: what has passed since is to be taken off. */
  computedAt: Scalars['DateTime']['output'];
  /** How long the drive takes from where the ambulance was at `computedAt`. */
  seconds: Scalars['Int']['output'];
};

/** What the time of an arrival goes by. */
export type EtaBasis =
  /**
   * The great circle at 40 km/h, without regard to roads and traffic: on a week of a city's calls half of the arrivals at scenes were off by less
   * than 4 minutes when the ambulance left.
   */
  | 'CONSTANT_SPEED';

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

/** A subscription that is open at the moment. */
export type LiveSubscription = {
  __typename?: 'LiveSubscription';
  /**
   * The position up to which the client, or the router in front of it, has said that it received them. Null while it has not said so, and
   * always where it cannot: on event streams, and on WebSockets whose operation ids are no UUIDs.
   */
  acknowledged: Maybe<Scalars['StreamPosition']['output']>;
  /** Its connection, as the log of that process calls it. Subscriptions on one WebSocket have the same. */
  connectionId: Scalars['ID']['output'];
  /** The field that it subscribes to. */
  field: Scalars['String']['output'];
  /** What the client calls its operation; null where it has no name. */
  operationName: Maybe<Scalars['String']['output']>;
  /** The process that it is on: the name of its machine or pod, and its process id. */
  process: Scalars['String']['output'];
  /** The position in its stream up to which events were handed over for it, as the `position` of events says it. Null while a snapshot is sent. */
  sent: Maybe<Scalars['StreamPosition']['output']>;
  /** When it began on this connection. */
  since: Scalars['DateTime']['output'];
  /** The stream that its events come from, such as `dispatch:7` or `dispatches`. */
  topic: Scalars['String']['output'];
  /** How its events reach the client. */
  transport: LiveTransport;
  /** The user whose it is: the subject of their token. */
  userId: Scalars['ID']['output'];
  /** Bytes that wait here for the client to read, those of all subscriptions on its connection. */
  waitingBytes: Scalars['Int']['output'];
};

/** The subscriptions that are open at the moment, as far as their processes have said so. */
export type LiveSubscriptions = {
  __typename?: 'LiveSubscriptions';
  /** Whether every process has answered. If not, there may be more than these. */
  isComplete: Scalars['Boolean']['output'];
  /** The processes that are known and did not answer. Where Redis is away no other process can be asked, and it may not be known. */
  silentProcesses: Array<SilentProcess>;
  /** Those that were asked for, the oldest first, as many as `limit` says. */
  subscriptions: Array<LiveSubscription>;
  /** How many there are, shown or not. */
  total: Scalars['Int']['output'];
};

/** The way on which a subscription reaches its client. */
export type LiveTransport =
  /** Messages of HTTP to the callback address of a router. */
  | 'CALLBACK'
  /** Server-Sent Events. */
  | 'EVENT_STREAM'
  /** Parts of a response of HTTP (multipart/mixed). */
  | 'MULTIPART'
  /** A WebSocket, with the protocol graphql-transport-ws. */
  | 'WEBSOCKET';

/** Where a vehicle was at one moment, as its device reported it. */
export type Location = {
  __typename?: 'Location';
  /** Height above the WGS 84 ellipsoid in metres. */
  altitud: Maybe<Scalars['Float']['output']>;
  /** Latitude in degrees, WGS 84, from -90 (south) to 90 (north). */
  latitud: Scalars['Float']['output'];
  /** Longitude in degrees, WGS 84, from -180 (west) to 180 (east). */
  longitud: Scalars['Float']['output'];
  /** Radius in metres within which the device believes the true position lies. */
  precision: Maybe<Scalars['Float']['output']>;
  /**
   * When the service received the position. Positions are in the order of `recordedAt`; where that is later than this, the device's
   * clock is ahead, and the position counts as of this time. Of those of the same time the one that arrived last is the newest.
   */
  receivedAt: Scalars['DateTime']['output'];
  /** When the device measured the position, by its own clock, which may be wrong; when it did not say, when it was received. */
  recordedAt: Scalars['DateTime']['output'];
  /** Course over ground in degrees clockwise from true north, from 0 to below 360. */
  rumbo: Maybe<Scalars['Float']['output']>;
  /** Speed over ground in km/h. */
  velocidad: Maybe<Scalars['Float']['output']>;
};

/**
 * A position to report for the ambulance of a dispatch. What devices send instead of "not known" is taken for null: -1 as `velocidad`
 * (also as -3.6, which is -1 m/s), `rumbo` or `precision`.
 */
export type LocationInput = {
  /** Height above the WGS 84 ellipsoid in metres, from -1000 to 20000. */
  altitud?: InputMaybe<Scalars['Float']['input']>;
  /** Latitude in degrees, WGS 84, from -90 to 90. Exactly 0 together with `longitud` is what a receiver without a fix says: refused. */
  latitud: Scalars['Float']['input'];
  /** Longitude in degrees, WGS 84, from -180 to 180. */
  longitud: Scalars['Float']['input'];
  /** Radius of uncertainty in metres, 0 or more. */
  precision?: InputMaybe<Scalars['Float']['input']>;
  /**
   * When the device measured it, by its clock. Now, when left out. A position that is older than others takes its place in `rastreo`,
   * and is not shown as new; one that is dated in the future counts as of its arrival. Sent again with the same date and place, it is
   * the same position.
   */
  recordedAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Course over ground in degrees clockwise from true north, from 0 to 360, which is 0. */
  rumbo?: InputMaybe<Scalars['Float']['input']>;
  /** Speed over ground in km/h, from 0 to 999.99. */
  velocidad?: InputMaybe<Scalars['Float']['input']>;
};

/** A new position on the stream of one dispatch. */
export type LocationUpdate = {
  __typename?: 'LocationUpdate';
  /** Where this event stands in the stream; give it back as `after` to continue after it. */
  cursor: Scalars['Cursor']['output'];
  /** The dispatch whose ambulance moved. */
  despachoId: Scalars['ID']['output'];
  /** Null: who reads slowly is shown the newest position alone, so that none can be said to follow another. */
  follows: Maybe<Scalars['StreamPosition']['output']>;
  /** The position. Null only in a snapshot, when no position was reported yet. */
  location: Maybe<Location>;
  /** Where this stands in the stream, to be compared; of a snapshot, the position behind which the stream goes on. */
  position: Scalars['StreamPosition']['output'];
  /**
   * Set where this stands for events that are no longer kept: the stream could not go on behind its last event. Null where it goes on,
   * and in the state with which a new stream begins.
   */
  recovered: Maybe<Recovery>;
  /** True when this is the state a stream begins with, false when it has just happened. */
  snapshot: Scalars['Boolean']['output'];
  /** When the service received the position. */
  timestamp: Scalars['DateTime']['output'];
};

/** A message that was sent to everyone who listens to a channel. */
export type MessageBroadcast = {
  __typename?: 'MessageBroadcast';
  /** The channel it was sent to. */
  channel: Scalars['String']['output'];
  /**
   * Where this event stands in the channel's stream; give it back as `after` to continue after it.
   * Null outside a subscription.
   */
  cursor: Maybe<Scalars['Cursor']['output']>;
  /**
   * The position of the event before this one that the same stream shows, with the same filter. Where it is larger than each position that
   * was seen, something was lost on the way: subscribe again after the last `cursor` before. Null where that is not known: of
   * what stands for events that are no longer kept, and outside a subscription.
   */
  follows: Maybe<Scalars['StreamPosition']['output']>;
  /** Identifies the message. */
  id: Scalars['ID']['output'];
  /** Its text. */
  message: Scalars['String']['output'];
  /** Where this stands in the stream, to be compared; of a snapshot, the position behind which the stream goes on. Null outside a subscription. */
  position: Maybe<Scalars['StreamPosition']['output']>;
  /**
   * Set where this stands for events that are no longer kept: the stream could not go on behind its last event. Null where it goes on,
   * and in the state with which a new stream begins. Null outside a subscription.
   */
  recovered: Maybe<Recovery>;
  /** Who sent it, for what other services know of the user. */
  sender: User;
  /** Who sent it. */
  senderId: Scalars['ID']['output'];
  /** When it was sent. */
  timestamp: Scalars['DateTime']['output'];
};

/** What this service can be told to change. */
export type Mutation = {
  __typename?: 'Mutation';
  /**
   * Says that somebody has seen the alert, so that the others need not. Whoever is first is kept, and later calls change nothing. It clears
   * nothing: that does the end of its reason. Needs `update-dispatch` on every dispatch. Errors: `NOT_FOUND`.
   */
  acknowledgeAlert: Maybe<Alert>;
  /**
   * Says whether the crew goes: for the crew of the assigned ambulance (`ambulanciaId` of the token), and for whoever may update every
   * dispatch in its stead, which the audit trail tells apart. Needs `update-dispatch`. The same answer again changes nothing; until the
   * ambulance has left, another one may follow. To decline makes the dispatch PENDIENTE again, without an ambulance; where MS Despacho decides
   * that, whoever has assigned is told instead, as where nobody answers. Errors: `NOT_FOUND`, `FORBIDDEN` (another crew), `CONFLICT` (the
   * assignment that is named, or any, is not the present one: `extensions.assignmentId` is), `INVALID_TRANSITION` (the ambulance has left),
   * `BAD_USER_INPUT` (`reason` too long).
   */
  answerAssignment: Maybe<Dispatch>;
  /**
   * Assigns an ambulance: PENDIENTE or ASIGNADO becomes ASIGNADO. The same ambulance again changes nothing. Needs `update-dispatch` on every
   * dispatch.
   * Errors: `NOT_FOUND`, `INVALID_TRANSITION` (with `extensions.allowed`), `CONFLICT` (with `extensions.version`); where the
   * service is set so, `AMBULANCE_BUSY`: the ambulance is on another dispatch that has not ended (`extensions.despachoId`). It may be on
   * several otherwise.
   */
  assignDispatch: Maybe<Dispatch>;
  /**
   * Sends a message to everyone who listens to a channel. Needs `send-messages`. To `role:<role>:…` write viewers of that role,
   * to `user:<id>:…` that user, to `dispatch:<id>:…` the crew of the dispatch and whoever may update it.
   * Errors: `FORBIDDEN`, `NOT_FOUND` (the channel of a dispatch that does not exist), `BAD_USER_INPUT` (name or text out of
   * range).
   */
  broadcastMessage: Maybe<MessageBroadcast>;
  /**
   * Creates a dispatch, PENDIENTE. Needs `create-dispatch`. Errors: `BAD_USER_INPUT` (coordinates or texts out of range).
   *
   * Every mutation takes an idempotency key. Sent again with it by the same viewer, within a day and over whatever process, it is not
   * made again: the answer is made from what it did, with a dispatch as the mutation left it. What was refused is not kept. The same
   * key with another field or other arguments is `BAD_USER_INPUT`, `reason: IDEMPOTENCY_KEY_REUSED`; where a mutation was sent to MS
   * Despacho and nobody knows what came of it, `UPSTREAM_UNAVAILABLE`, `reason: OUTCOME_UNKNOWN`. A key counts together with the
   * response name, so that a document may have several mutations. Null only beside an error: one that fails hides no other.
   */
  createDispatch: Maybe<Dispatch>;
  /**
   * Throws a user out. On every process and within a second their WebSockets are closed (4401), their event streams and callbacks end, and no
   * place is kept for them to come back to. Tokens that were issued before are refused from now on, over every transport, until they have expired;
   * with a newer token the user comes in again. It is kept in the database. Who did this to whom and why is in the audit trail
   * (`session.ended`), where admins alone are shown the reason. Needs the role `admin`.
   */
  endSession: Maybe<SessionEnding>;
  /**
   * For services: says that a dispatch may have changed where it lives, as MS Despacho's webhook does. The
   * answer comes at once; the dispatch is read afterwards, and only what has really changed becomes an event. So it may be
   * said twice, late, or in any order. Needs the role `system` or `admin`. Errors: `FORBIDDEN`, `BAD_USER_INPUT` (not the id of a dispatch).
   */
  notifyDispatchEvent: Maybe<Scalars['Boolean']['output']>;
  /**
   * Takes back `endSession`: tokens of before are accepted again, as far as they hold. For users whose tokens do not say when they were issued,
   * as those of MS Auth, which could not come in with a new one either: have their old tokens revoked first. Its entry in the audit
   * trail is `session.readmitted`. Needs the role `admin`.
   */
  readmitUser: Maybe<SessionEnding>;
  /**
   * Lets the WebSocket that it is sent over rest on a newer token of the same viewer: nothing reconnects. When it is answered, each stream
   * of the socket has been judged by the new token. What that does not allow has ended, with an error of its own; a stream that shows more
   * or less of people from now on goes on where it was; all others are as before. A `ping` whose payload has the token does the same, and
   * its `pong` has the answer. Through a gateway there is no such thing: there each request shows its token.
   *
   * Errors, upon which the session goes on as before: `UNAUTHENTICATED` (a token that is not good, with the `reason`), `FORBIDDEN`
   * (`reason: OTHER_VIEWER`), `BAD_REQUEST` (not over a WebSocket).
   */
  renewSession: Session;
  /**
   * Records a position of the ambulance of a dispatch and, where it is the newest, shows it to its subscribers. Needs `report-location`.
   * Errors: `NOT_FOUND`, `BAD_USER_INPUT` (out of range; `reason: NO_FIX` for exactly 0, 0), `INVALID_TRANSITION` (the dispatch has ended), `FORBIDDEN`
   * (a paramedic on a dispatch of another ambulance).
   */
  reportLocation: Maybe<Location>;
  /**
   * Says that the assignment is on the screen of its crew: for the app to call when it is. Later calls change nothing. Needs
   * `update-dispatch`; who may besides, and errors, as `answerAssignment`.
   */
  seeAssignment: Maybe<Dispatch>;
  /**
   * From now on the viewer follows this dispatch, on all their connections. They may follow 1,000 at a time, ended ones too, unless
   * configured otherwise (`MAX_FOLLOWS_PER_VIEWER`). Needs `view-dispatches`. Errors: `NOT_FOUND`, `LIMIT_EXCEEDED` (as many as they
   * may, `limit`: `unsubscribeFromDispatch` makes room).
   */
  subscribeToDispatch: Maybe<Dispatch>;
  /** From now on the viewer no longer follows this dispatch. Needs `view-dispatches`. Errors: `NOT_FOUND`. */
  unsubscribeFromDispatch: Maybe<Dispatch>;
  /**
   * Moves a dispatch to its next status. To ASIGNADO it names no ambulance, so that no crew is offered anything: that is for `assignDispatch`.
   * The same status again changes nothing. Needs `update-dispatch`.
   * Errors: `NOT_FOUND`, `INVALID_TRANSITION` (with `extensions.allowed`), `CONFLICT` (with `extensions.version`),
   * `FORBIDDEN` (a paramedic on a dispatch of another ambulance).
   */
  updateDispatchStatus: Maybe<Dispatch>;
  /** Chooses how the viewer is seen. It stays chosen across reconnects. */
  updateUserStatus: Maybe<User>;
};


/** What this service can be told to change. */
export type MutationAcknowledgeAlertArgs = {
  id: Scalars['ID']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


/** What this service can be told to change. */
export type MutationAnswerAssignmentArgs = {
  accept: Scalars['Boolean']['input'];
  assignmentId?: InputMaybe<Scalars['ID']['input']>;
  id: Scalars['ID']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  reason?: InputMaybe<Scalars['String']['input']>;
};


/** What this service can be told to change. */
export type MutationAssignDispatchArgs = {
  ambulanciaId: Scalars['ID']['input'];
  expectedVersion?: InputMaybe<Scalars['Int']['input']>;
  id: Scalars['ID']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  placa?: InputMaybe<Scalars['String']['input']>;
};


/** What this service can be told to change. */
export type MutationBroadcastMessageArgs = {
  channel: Scalars['String']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  message: Scalars['String']['input'];
};


/** What this service can be told to change. */
export type MutationCreateDispatchArgs = {
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  input: CreateDispatchInput;
};


/** What this service can be told to change. */
export type MutationEndSessionArgs = {
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  reason: Scalars['String']['input'];
  userId: Scalars['ID']['input'];
};


/** What this service can be told to change. */
export type MutationNotifyDispatchEventArgs = {
  datos?: InputMaybe<Scalars['JSON']['input']>;
  despachoId: Scalars['ID']['input'];
  evento: Scalars['String']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


/** What this service can be told to change. */
export type MutationReadmitUserArgs = {
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  reason: Scalars['String']['input'];
  userId: Scalars['ID']['input'];
};


/** What this service can be told to change. */
export type MutationRenewSessionArgs = {
  token: Scalars['String']['input'];
};


/** What this service can be told to change. */
export type MutationReportLocationArgs = {
  despachoId: Scalars['ID']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  input: LocationInput;
};


/** What this service can be told to change. */
export type MutationSeeAssignmentArgs = {
  assignmentId?: InputMaybe<Scalars['ID']['input']>;
  id: Scalars['ID']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


/** What this service can be told to change. */
export type MutationSubscribeToDispatchArgs = {
  id: Scalars['ID']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


/** What this service can be told to change. */
export type MutationUnsubscribeFromDispatchArgs = {
  id: Scalars['ID']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


/** What this service can be told to change. */
export type MutationUpdateDispatchStatusArgs = {
  estado: DispatchStatus;
  expectedVersion?: InputMaybe<Scalars['Int']['input']>;
  id: Scalars['ID']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


/** What this service can be told to change. */
export type MutationUpdateUserStatusArgs = {
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  status: UserStatus;
};

/** A user who is connected now. */
export type OnlineUser = {
  __typename?: 'OnlineUser';
  /** When the oldest of their open connections was made. */
  connectedAt: Scalars['DateTime']['output'];
  /** How many connections they have, on all processes together. */
  connectionCount: Scalars['Int']['output'];
  /** Identifies the user. */
  id: Scalars['ID']['output'];
  /** Name for people. */
  name: Maybe<Scalars['String']['output']>;
  /** Role. */
  role: Maybe<Scalars['String']['output']>;
  /** The status that the user chose. */
  status: UserStatus;
};

/** A point on the map with an address for people. */
export type Place = {
  __typename?: 'Place';
  /** Address or landmark, as a person would say it. */
  direccion: Maybe<Scalars['String']['output']>;
  /** Latitude in degrees, WGS 84, from -90 to 90. */
  latitud: Scalars['Float']['output'];
  /** Longitude in degrees, WGS 84, from -180 to 180. */
  longitud: Scalars['Float']['output'];
};

/** A point on the map with an address for people. */
export type PlaceInput = {
  /** Address or landmark, at most 255 characters. */
  direccion?: InputMaybe<Scalars['String']['input']>;
  /** Latitude in degrees, WGS 84, from -90 to 90. */
  latitud: Scalars['Float']['input'];
  /** Longitude in degrees, WGS 84, from -180 to 180. */
  longitud: Scalars['Float']['input'];
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

/** What this service can be asked. */
export type Query = {
  __typename?: 'Query';
  /** Alerts, newest first, a page at a time. What is raised meanwhile changes nothing in the pages that follow. Needs `view-dispatches`. */
  alerts: AlertConnection;
  /**
   * The last messages of a channel, newest first. Needs `view-messages`. Some channels are named after those whom they are for:
   * `role:<role>:…` is read and written by viewers of that role, `user:<id>:…` by that user; `dispatch:<id>:…` is read by whoever
   * may see the dispatch. Errors: `FORBIDDEN`, `NOT_FOUND` (the channel of a dispatch that does not exist), `BAD_USER_INPUT` (name
   * out of range).
   */
  channelHistory: Array<MessageBroadcast>;
  /** How busy the service is. Needs `view-users`. */
  connectionStats: ConnectionStats;
  /** Dispatches, the most recently requested first. Needs `view-dispatches`. */
  despachos: Array<Dispatch>;
  /** One dispatch, or null when there is none with this id. Needs `view-dispatches`. */
  dispatch: Maybe<Dispatch>;
  /**
   * Where the stream of `dispatchesUpdated` stood before this operation read anything else. Ask for it together with
   * `despachos`, then subscribe with it as `after`: nothing falls between list and stream. Needs `view-dispatches`.
   */
  dispatchesCursor: Scalars['Cursor']['output'];
  /**
   * The audit trail, newest first. Entries older than the configured age are deleted. The next page begins behind the last entry of this
   * one: pass its `id` as `before`. Needs `update-dispatch` on every dispatch: a paramedic has it for their own ambulance.
   */
  events: Array<AuditEvent>;
  /** The subscriptions that are open on all processes. Every process is asked, and answers within a second or is named. Needs the role `admin`. */
  liveSubscriptions: LiveSubscriptions;
  /** Who is connected now, longest first. Users who chose OFFLINE are left out. Needs `view-users`. */
  onlineUsers: Array<OnlineUser>;
  /**
   * Who was shown a dispatch: the newest version first, and of each the first who acknowledged it. Nothing is listed that was not
   * acknowledged; what was acknowledged is listed a second or two later, and for as long as entries of the audit trail are kept. Of a process
   * that was killed its last second is missing. Needs `update-dispatch` on every dispatch, as `events` does. Errors: `BAD_USER_INPUT` (no
   * dispatch can have the id or the version).
   */
  receipts: Array<Receipt>;
  /**
   * Where streams stand, in the order in which they are given. Whoever has something in between that may drop events without a word, as
   * routers do, asks now and then: what was dropped at the end of a stream shows in no other way. A stream that its viewer may not have is
   * null, with the error with which its subscription would be refused. Errors: `BAD_USER_INPUT` (more than 100 streams, or no field of
   * `Subscription` that has events with positions, or not its arguments), `FORBIDDEN`, `NOT_FOUND`.
   */
  streamPlaces: Array<Maybe<StreamPlace>>;
  /** One user, or null when the service has never seen them. Needs `view-users`, but for oneself. */
  user: Maybe<User>;
};


/** What this service can be asked. */
export type QueryAlertsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  despachoId?: InputMaybe<Scalars['ID']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  kinds?: InputMaybe<Array<AlertKind>>;
  open?: InputMaybe<Scalars['Boolean']['input']>;
};


/** What this service can be asked. */
export type QueryChannelHistoryArgs = {
  channel: Scalars['String']['input'];
  limit?: InputMaybe<Scalars['Int']['input']>;
};


/** What this service can be asked. */
export type QueryDespachosArgs = {
  estado?: InputMaybe<DispatchStatus>;
  limit?: InputMaybe<Scalars['Int']['input']>;
  offset?: InputMaybe<Scalars['Int']['input']>;
  prioridad?: InputMaybe<Prioridad>;
};


/** What this service can be asked. */
export type QueryDispatchArgs = {
  id: Scalars['ID']['input'];
};


/** What this service can be asked. */
export type QueryEventsArgs = {
  actorId?: InputMaybe<Scalars['ID']['input']>;
  before?: InputMaybe<Scalars['ID']['input']>;
  despachoId?: InputMaybe<Scalars['ID']['input']>;
  from?: InputMaybe<Scalars['DateTime']['input']>;
  limit?: InputMaybe<Scalars['Int']['input']>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
  type?: InputMaybe<Scalars['String']['input']>;
};


/** What this service can be asked. */
export type QueryLiveSubscriptionsArgs = {
  limit?: InputMaybe<Scalars['Int']['input']>;
  operationName?: InputMaybe<Scalars['String']['input']>;
  userId?: InputMaybe<Scalars['ID']['input']>;
};


/** What this service can be asked. */
export type QueryOnlineUsersArgs = {
  limit?: InputMaybe<Scalars['Int']['input']>;
};


/** What this service can be asked. */
export type QueryReceiptsArgs = {
  despachoId: Scalars['ID']['input'];
  limit?: InputMaybe<Scalars['Int']['input']>;
  offset?: InputMaybe<Scalars['Int']['input']>;
  version?: InputMaybe<Scalars['Int']['input']>;
};


/** What this service can be asked. */
export type QueryStreamPlacesArgs = {
  streams: Array<StreamInput>;
};


/** What this service can be asked. */
export type QueryUserArgs = {
  id: Scalars['ID']['input'];
};

/** A viewer was shown a version of a dispatch, and has acknowledged that. */
export type Receipt = {
  __typename?: 'Receipt';
  /** By when it had been acknowledged, as exactly as `sentAt`. */
  acknowledgedAt: Scalars['DateTime']['output'];
  /** Who says that it arrived. */
  acknowledgedBy: ReceiptReceiver;
  /** The arguments of that field, without `after`: which dispatch, or what a board was limited to. */
  arguments: Scalars['JSON']['output'];
  /** The field of `Subscription` that showed it. How much of the dispatch that was depends on what their operation asked for. */
  field: Scalars['String']['output'];
  /**
   * By when it had been sent. A receipt is of a range of events: this is when its last one had been, about a second later than this
   * one at the most, and more where client or database were slow.
   */
  sentAt: Scalars['DateTime']['output'];
  /** Whether they were shown the dispatch as it was (`SNAPSHOT`), and not the change that led to it. */
  snapshot: Scalars['Boolean']['output'];
  /** How it was sent. */
  transport: ReceiptTransport;
  /** The version of the dispatch. */
  version: Scalars['Int']['output'];
  /** The viewer who was shown it. */
  viewerId: Scalars['ID']['output'];
};

/** Who has acknowledged an event. */
export type ReceiptReceiver =
  /** The library of the client. Whether its app has shown the event is not known. */
  | 'CLIENT'
  /** A gateway, or somebody who cannot be told from one. Whether its client has received the event is not known. */
  | 'GATEWAY';

/** How an event was sent for which there is a receipt. There is none for Server-Sent Events, which nobody acknowledges. */
export type ReceiptTransport =
  /** An HTTP callback, to which a status of success was answered. */
  | 'CALLBACK'
  /** A WebSocket, whose other end has answered a ping that was sent behind the event. */
  | 'WEBSOCKET';

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

/** A WebSocket of this service, and the token that it rests on. */
export type Session = {
  __typename?: 'Session';
  /**
   * When the token ends, and the connection with it unless it is renewed again; null where the token does not say when. A minute before,
   * a `ping` says so, with the same date as `tokenExpiresAt`.
   */
  expiresAt: Maybe<Scalars['DateTime']['output']>;
};

/** What came of ending the sessions of a user, or of letting them in again. */
export type SessionEnding = {
  __typename?: 'SessionEnding';
  /** Tokens that were issued up to now are refused; null where they are accepted again. */
  endedAt: Maybe<Scalars['DateTime']['output']>;
  /** How many connections, event streams and callbacks were ended by the processes that have answered. */
  endedConnections: Scalars['Int']['output'];
  /** Whether every process has answered. Those that did not read it in the database within a second of when they run again. */
  isComplete: Scalars['Boolean']['output'];
  /**
   * When the last of those tokens has expired, as far as this service can know; null where one of them may live for ever, and where they
   * are accepted again. Until then tokens that do not say when they were issued (`iat`) are refused, also new ones.
   */
  refusedUntil: Maybe<Scalars['DateTime']['output']>;
  /** The processes that are known and did not answer. */
  silentProcesses: Array<SilentProcess>;
  /** The user. */
  userId: Scalars['ID']['output'];
};

/** A process of the service that did not answer in time: it is frozen, cut off, or has died a moment ago. */
export type SilentProcess = {
  __typename?: 'SilentProcess';
  /** When it last said that it is there. After two minutes without a word it is not asked any more. */
  lastSeen: Scalars['DateTime']['output'];
  /** The name of its machine or pod, and its process id. */
  name: Scalars['String']['output'];
};

/** A stream that is asked about: a field of `Subscription`, with what it would be given there. */
export type StreamInput = {
  /** Its arguments by their names, without `after`. May be left out where there are none. */
  arguments?: InputMaybe<Scalars['JSON']['input']>;
  /** The field that shows it, such as `dispatchesUpdated`. */
  field: Scalars['String']['input'];
};

/** Where a stream stands. */
export type StreamPlace = {
  __typename?: 'StreamPlace';
  /** Given to the stream as `after`, it shows what comes from now on. Of a stream without any event yet it is good for two minutes. */
  cursor: Scalars['Cursor']['output'];
  /**
   * The position of the last event that the stream shows, with the same filter. Where it is larger than each position that was seen, the
   * last events were lost on the way: subscribe again after the last `cursor` before. Null where that is not known: of what a viewer follows,
   * where nothing has happened yet, and now and then while the service is updated.
   */
  position: Maybe<Scalars['StreamPosition']['output']>;
};

/** What this service shows as it happens. */
export type Subscription = {
  __typename?: 'Subscription';
  /**
   * Alerts as they are raised, acknowledged and cleared, each as that has left it. Begins with those whose reason lasts, the oldest first.
   * Where the events after `after` are no longer kept, those come first that were changed since then. Needs `view-dispatches`. Errors before it
   * begins: `BAD_USER_INPUT` (a cursor that is not of this stream), `CURSOR_TOO_OLD` (more than 10,000 have changed: subscribe anew).
   */
  alertRaised: Alert;
  /**
   * What the crew of the viewer's ambulance (`ambulanciaId` of the token) has to do: begins with each assignment that has not ended
   * (`SNAPSHOT`), or with nothing, and goes on with everything that happens to them. A client that comes back goes on where it was. Needs
   * `view-dispatches`. Errors before it begins: `FORBIDDEN` (the token names no ambulance), `BAD_USER_INPUT` (a cursor that is not of this stream).
   */
  assignmentOffered: AssignmentOffer;
  /**
   * Every change of one dispatch, in order, none missing. Begins with its current state (`SNAPSHOT`); with `after`, with
   * the first change missed. Needs `view-dispatches`. Errors before it begins: `NOT_FOUND`, `BAD_USER_INPUT` (a cursor that is not of this
   * stream).
   */
  dispatchUpdated: DispatchUpdate;
  /**
   * Every change of every dispatch: the whole board. With a filter, a change is shown when the dispatch matches after it
   * or matched before it, so that a board sees it leave. Where the events after `after` are no longer kept, the dispatches
   * changed since then come first, each as a `SNAPSHOT` and without regard to `estado`. Needs `view-dispatches`. Errors before it begins:
   * `BAD_USER_INPUT` (a cursor that is not of this stream), `CURSOR_TOO_OLD` (more than 10,000 have changed, or nobody
   * knows which: list them anew, and subscribe after `dispatchesCursor`).
   */
  dispatchesUpdated: DispatchUpdate;
  /**
   * Every change of the dispatches that the viewer follows. Begins with a `SNAPSHOT` of each; a dispatch that is followed
   * later joins with a `SNAPSHOT`, one no longer followed falls silent. They may follow as many as `subscribeToDispatch` says. Needs
   * `view-dispatches`.
   */
  followedDispatchUpdated: DispatchUpdate;
  /**
   * Positions of one dispatch's ambulance, each newer than the one before: what arrives late is in `rastreo` alone. Begins with the last
   * known one (`snapshot: true`); with `after`, with the first one missed. A client that reads slowly gets the newest position instead of
   * every one of them. Needs `view-dispatches`.
   */
  locationUpdated: LocationUpdate;
  /**
   * Every ambulance within a part of the map whose dispatch has not ended. Begins with those that are there (`SNAPSHOT`), and goes on with
   * what comes, moves and goes, by the way between two positions and not only by where they are; where two are too far apart for that, they
   * are a jump. With `after`, of this box or of another one, those come first that left it since (`LEFT`), so that a map that is moved has no
   * gap and shows nothing that is gone: subscribe with the new box, then end the old stream. Whose `after` is older than a quarter of an hour
   * begins with `ANEW`. A client that reads slowly gets the newest position. Needs `view-dispatches`. Errors before it begins:
   * `BAD_USER_INPUT` (no box, a rate out of range, a cursor that is not of this field).
   */
  locationsInArea: AreaLocation;
  /**
   * Every message of a channel, in order, from now on, or following `after`. Where the events after `after` are no longer
   * kept, the messages stored since then come first (one seen already may come once more; its `id` tells); where these are
   * more than 10,000, or nobody knows which, the error is `CURSOR_TOO_OLD`: subscribe anew, then read `channelHistory`. Needs
   * `view-messages`, and for channels that are named after those whom they are for what `channelHistory` needs.
   */
  messageBroadcast: MessageBroadcast;
  /**
   * Every user who comes, goes or chooses another status, from now on, or following `after`. Where `after` lies further back
   * than events are kept, those who are online come first, each with `snapshot: true`: all others are OFFLINE.
   * Needs `view-users`.
   */
  presenceChanged: UserStatusChange;
  /** Every change of one user's status, from now on, or following `after`. Needs `view-users`, but for oneself. */
  userStatusChanged: UserStatusChange;
};


/** What this service shows as it happens. */
export type SubscriptionAlertRaisedArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  kinds?: InputMaybe<Array<AlertKind>>;
};


/** What this service shows as it happens. */
export type SubscriptionAssignmentOfferedArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
};


/** What this service shows as it happens. */
export type SubscriptionDispatchUpdatedArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  id: Scalars['ID']['input'];
};


/** What this service shows as it happens. */
export type SubscriptionDispatchesUpdatedArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  estado?: InputMaybe<DispatchStatus>;
  prioridad?: InputMaybe<Prioridad>;
};


/** What this service shows as it happens. */
export type SubscriptionFollowedDispatchUpdatedArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
};


/** What this service shows as it happens. */
export type SubscriptionLocationUpdatedArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  despachoId: Scalars['ID']['input'];
};


/** What this service shows as it happens. */
export type SubscriptionLocationsInAreaArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  area: BoundingBoxInput;
  estado?: InputMaybe<DispatchStatus>;
  maxRatePerSecond?: Scalars['Float']['input'];
};


/** What this service shows as it happens. */
export type SubscriptionMessageBroadcastArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  channel: Scalars['String']['input'];
};


/** What this service shows as it happens. */
export type SubscriptionPresenceChangedArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
};


/** What this service shows as it happens. */
export type SubscriptionUserStatusChangedArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  userId: Scalars['ID']['input'];
};

/**
 * A person or service known to the system, with what this service knows: whether they are online, and since when. Every viewer
 * may read `id` and `name`. All else needs the permission `view-users`, or to be oneself in a query or mutation; else it is null.
 * In a subscription the permission alone counts, but for `userStatusChanged` of oneself.
 */
export type User = {
  __typename?: 'User';
  /**
   * How many connections they have, on all processes together. Of a user who chose OFFLINE others see 0. Null without
   * `view-users`.
   */
  connectionCount: Maybe<Scalars['Int']['output']>;
  /** Identifies the user in every service; the subject of their tokens. */
  id: Scalars['ID']['output'];
  /**
   * Whether the user has at least one connection, on any process. Of a user who chose OFFLINE others see false. Null without
   * `view-users`.
   */
  isOnline: Maybe<Scalars['Boolean']['output']>;
  /**
   * When their last connection ended, or now while they are online; null when they were never online. Others see a user who chose
   * OFFLINE as last here when they chose it. Null without `view-users`.
   */
  lastSeen: Maybe<Scalars['DateTime']['output']>;
  /** Name for people, from their last token. */
  name: Maybe<Scalars['String']['output']>;
  /** Role, from their last token. Null without `view-users`. */
  role: Maybe<Scalars['String']['output']>;
  /** The status that the user chose; OFFLINE while they have no connection. Null without `view-users`. */
  status: Maybe<UserStatus>;
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

/** A user came, went, or chose another status. */
export type UserStatusChange = {
  __typename?: 'UserStatusChange';
  /** Where this event stands in the stream; give it back as `after` to continue after it. */
  cursor: Scalars['Cursor']['output'];
  /**
   * The position of the event before this one that the same stream shows, with the same filter. Where it is larger than each position that
   * was seen, something was lost on the way: subscribe again after the last `cursor` before. Null where that is not known: in a
   * snapshot.
   */
  follows: Maybe<Scalars['StreamPosition']['output']>;
  /** Whether the user is seen as connected: false for one who chose OFFLINE. */
  isOnline: Scalars['Boolean']['output'];
  /** Where this stands in the stream, to be compared; of a snapshot, the position behind which the stream goes on. */
  position: Scalars['StreamPosition']['output'];
  /** The status until now; null in a snapshot. */
  previousStatus: Maybe<UserStatus>;
  /**
   * Set where this stands for events that are no longer kept: the stream could not go on behind its last event. Null where it goes on,
   * and in the state with which a new stream begins.
   */
  recovered: Maybe<Recovery>;
  /** True when this is the state a stream goes on with because its past is no longer kept. */
  snapshot: Scalars['Boolean']['output'];
  /** The status from now on. */
  status: UserStatus;
  /** When it happened. */
  timestamp: Scalars['DateTime']['output'];
  /** The same user, for what other services know of them. */
  user: User;
  /** The user it is about. */
  userId: Scalars['ID']['output'];
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Alert: Alert;
  Dispatch: Dispatch;
  User: User;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Alert:
    ( { __typename: 'Alert' }
    & GraphQLRecursivePick<FederationTypes['Alert'], {"id":true}> );
  Dispatch:
    ( { __typename: 'Dispatch' }
    & GraphQLRecursivePick<FederationTypes['Dispatch'], {"id":true}> );
  User:
    ( { __typename: 'User' }
    & GraphQLRecursivePick<FederationTypes['User'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Alert: ResolverTypeWrapper<AlertValue>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  AlertConnection: ResolverTypeWrapper<Omit<AlertConnection, 'edges'> & { edges: Array<ResolversTypes['AlertEdge']> }>;
  AlertEdge: ResolverTypeWrapper<Omit<AlertEdge, 'node'> & { node: ResolversTypes['Alert'] }>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  AlertKind: AlertKind;
  AlertPageInfo: ResolverTypeWrapper<AlertPageInfo>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  AreaChange: AreaChange;
  AreaLocation: ResolverTypeWrapper<AreaLocationValue>;
  AssignedAmbulance: ResolverTypeWrapper<AssignedAmbulance>;
  Assignment: ResolverTypeWrapper<AssignmentState>;
  AssignmentAnswer: AssignmentAnswer;
  AssignmentChange: AssignmentChange;
  AssignmentDelivery: AssignmentDelivery;
  AssignmentOffer: ResolverTypeWrapper<AssignmentOfferValue>;
  AuditEvent: ResolverTypeWrapper<AuditEntry>;
  BoundingBoxInput: BoundingBoxInput;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  ConnectionStats: ResolverTypeWrapper<ConnectionStats>;
  CreateDispatchInput: CreateDispatchInput;
  Cursor: ResolverTypeWrapper<Scalars['Cursor']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Dispatch: ResolverTypeWrapper<DispatchState>;
  DispatchChangeType: DispatchChangeType;
  DispatchStatus: DispatchStatus;
  DispatchUpdate: ResolverTypeWrapper<DispatchUpdateValue>;
  Eta: ResolverTypeWrapper<Eta>;
  EtaBasis: EtaBasis;
  Incidente: Incidente;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  LiveSubscription: ResolverTypeWrapper<FoundSubscription>;
  LiveSubscriptions: ResolverTypeWrapper<Omit<LiveSubscriptions, 'silentProcesses' | 'subscriptions'> & { silentProcesses: Array<ResolversTypes['SilentProcess']>, subscriptions: Array<ResolversTypes['LiveSubscription']> }>;
  LiveTransport: LiveTransport;
  Location: ResolverTypeWrapper<LocationState>;
  LocationInput: LocationInput;
  LocationUpdate: ResolverTypeWrapper<LocationUpdateValue>;
  MessageBroadcast: ResolverTypeWrapper<MessageBroadcastValue>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  OnlineUser: ResolverTypeWrapper<PresentViewer>;
  Place: ResolverTypeWrapper<Place>;
  PlaceInput: PlaceInput;
  Prioridad: Prioridad;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Receipt: ResolverTypeWrapper<DispatchReceipt>;
  ReceiptReceiver: ReceiptReceiver;
  ReceiptTransport: ReceiptTransport;
  Recovery: Recovery;
  Session: ResolverTypeWrapper<Session>;
  SessionEnding: ResolverTypeWrapper<AnnouncedEnd>;
  SilentProcess: ResolverTypeWrapper<SilentPeer>;
  StreamInput: StreamInput;
  StreamPlace: ResolverTypeWrapper<StreamPlace>;
  StreamPosition: ResolverTypeWrapper<Scalars['StreamPosition']['output']>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  User: ResolverTypeWrapper<UserReference>;
  UserStatus: UserStatus;
  UserStatusChange: ResolverTypeWrapper<UserStatusChangeValue>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Alert: AlertValue;
  ID: Scalars['ID']['output'];
  AlertConnection: Omit<AlertConnection, 'edges'> & { edges: Array<ResolversParentTypes['AlertEdge']> };
  AlertEdge: Omit<AlertEdge, 'node'> & { node: ResolversParentTypes['Alert'] };
  String: Scalars['String']['output'];
  AlertPageInfo: AlertPageInfo;
  Boolean: Scalars['Boolean']['output'];
  AreaLocation: AreaLocationValue;
  AssignedAmbulance: AssignedAmbulance;
  Assignment: AssignmentState;
  AssignmentOffer: AssignmentOfferValue;
  AuditEvent: AuditEntry;
  BoundingBoxInput: BoundingBoxInput;
  Float: Scalars['Float']['output'];
  ConnectionStats: ConnectionStats;
  CreateDispatchInput: CreateDispatchInput;
  Cursor: Scalars['Cursor']['output'];
  DateTime: Scalars['DateTime']['output'];
  Dispatch: DispatchState;
  DispatchUpdate: DispatchUpdateValue;
  Eta: Eta;
  JSON: Scalars['JSON']['output'];
  LiveSubscription: FoundSubscription;
  LiveSubscriptions: Omit<LiveSubscriptions, 'silentProcesses' | 'subscriptions'> & { silentProcesses: Array<ResolversParentTypes['SilentProcess']>, subscriptions: Array<ResolversParentTypes['LiveSubscription']> };
  Location: LocationState;
  LocationInput: LocationInput;
  LocationUpdate: LocationUpdateValue;
  MessageBroadcast: MessageBroadcastValue;
  Mutation: Record<PropertyKey, never>;
  OnlineUser: PresentViewer;
  Place: Place;
  PlaceInput: PlaceInput;
  Query: Record<PropertyKey, never>;
  Receipt: DispatchReceipt;
  Session: Session;
  SessionEnding: AnnouncedEnd;
  SilentProcess: SilentPeer;
  StreamInput: StreamInput;
  StreamPlace: StreamPlace;
  StreamPosition: Scalars['StreamPosition']['output'];
  Subscription: Record<PropertyKey, never>;
  User: UserReference;
  UserStatusChange: UserStatusChangeValue;
  Int: Scalars['Int']['output'];
};

export type FilterDirectiveArgs = { };

export type FilterDirectiveResolver<Result, Parent, ContextType = SharedContext, Args = FilterDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type RateLimitDirectiveArgs = {
  duration: Scalars['Int']['input'];
  limit: Scalars['Int']['input'];
};

export type RateLimitDirectiveResolver<Result, Parent, ContextType = SharedContext, Args = RateLimitDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type AlertResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['Alert'] = ResolversParentTypes['Alert'], FederationReferenceType extends FederationReferenceTypes['Alert'] = FederationReferenceTypes['Alert']> = {
  __resolveReference: ReferenceResolver<Maybe<ResolversTypes['Alert']> | FederationReferenceType, FederationReferenceType, ContextType>;
  acknowledgedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  acknowledgedBy: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  ambulanciaId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  assignmentId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  clearedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  cursor: Resolver<Maybe<ResolversTypes['Cursor']>, ParentType, ContextType>;
  despachoId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  dispatch: Resolver<Maybe<ResolversTypes['Dispatch']>, ParentType, ContextType>;
  estado: Resolver<ResolversTypes['DispatchStatus'], ParentType, ContextType>;
  follows: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind: Resolver<ResolversTypes['AlertKind'], ParentType, ContextType>;
  limitAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  position: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
  prioridad: Resolver<ResolversTypes['Prioridad'], ParentType, ContextType>;
  raisedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  recovered: Resolver<Maybe<ResolversTypes['Recovery']>, ParentType, ContextType>;
  since: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type AlertConnectionResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['AlertConnection'] = ResolversParentTypes['AlertConnection']> = {
  edges: Resolver<Array<ResolversTypes['AlertEdge']>, ParentType, ContextType>;
  pageInfo: Resolver<ResolversTypes['AlertPageInfo'], ParentType, ContextType>;
};

export type AlertEdgeResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['AlertEdge'] = ResolversParentTypes['AlertEdge']> = {
  cursor: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node: Resolver<ResolversTypes['Alert'], ParentType, ContextType>;
};

export type AlertPageInfoResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['AlertPageInfo'] = ResolversParentTypes['AlertPageInfo']> = {
  endCursor: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type AreaLocationResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['AreaLocation'] = ResolversParentTypes['AreaLocation']> = {
  change: Resolver<ResolversTypes['AreaChange'], ParentType, ContextType>;
  cursor: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  despachoId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  dispatch: Resolver<Maybe<ResolversTypes['Dispatch']>, ParentType, ContextType>;
  location: Resolver<Maybe<ResolversTypes['Location']>, ParentType, ContextType>;
  recovered: Resolver<Maybe<ResolversTypes['Recovery']>, ParentType, ContextType>;
  timestamp: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type AssignedAmbulanceResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['AssignedAmbulance'] = ResolversParentTypes['AssignedAmbulance']> = {
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  placa: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type AssignmentResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['Assignment'] = ResolversParentTypes['Assignment']> = {
  ambulancia: Resolver<ResolversTypes['AssignedAmbulance'], ParentType, ContextType>;
  answer: Resolver<ResolversTypes['AssignmentAnswer'], ParentType, ContextType>;
  answeredAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  answeredBy: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  assignedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  assignedBy: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  deadline: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  deliveredAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  delivery: Resolver<ResolversTypes['AssignmentDelivery'], ParentType, ContextType>;
  despachoId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  endedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  level: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  nextLevelAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  reason: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  seenAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type AssignmentOfferResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['AssignmentOffer'] = ResolversParentTypes['AssignmentOffer']> = {
  assignment: Resolver<ResolversTypes['Assignment'], ParentType, ContextType>;
  change: Resolver<ResolversTypes['AssignmentChange'], ParentType, ContextType>;
  cursor: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  dispatch: Resolver<ResolversTypes['Dispatch'], ParentType, ContextType>;
  follows: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
  position: Resolver<ResolversTypes['StreamPosition'], ParentType, ContextType>;
  recovered: Resolver<Maybe<ResolversTypes['Recovery']>, ParentType, ContextType>;
  timestamp: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type AuditEventResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['AuditEvent'] = ResolversParentTypes['AuditEvent']> = {
  actorId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  data: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  despachoId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  timestamp: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  type: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ConnectionStatsResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['ConnectionStats'] = ResolversParentTypes['ConnectionStats']> = {
  connections: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  processConnections: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  processGroups: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  processSubscriptions: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  startedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  users: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export interface CursorScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Cursor'], any> {
  name: 'Cursor';
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DispatchResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['Dispatch'] = ResolversParentTypes['Dispatch'], FederationReferenceType extends FederationReferenceTypes['Dispatch'] = FederationReferenceTypes['Dispatch']> = {
  __resolveReference: ReferenceResolver<Maybe<ResolversTypes['Dispatch']> | FederationReferenceType, FederationReferenceType, ContextType>;
  ambulancia: Resolver<Maybe<ResolversTypes['AssignedAmbulance']>, ParentType, ContextType>;
  assignment: Resolver<Maybe<ResolversTypes['Assignment']>, ParentType, ContextType>;
  destino: Resolver<Maybe<ResolversTypes['Place']>, ParentType, ContextType>;
  distanciaKm: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  estado: Resolver<ResolversTypes['DispatchStatus'], ParentType, ContextType>;
  eta: Resolver<Maybe<ResolversTypes['Eta']>, ParentType, ContextType>;
  fechaActualizacion: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  fechaAsignacion: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  fechaFinalizacion: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  fechaLlegada: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  fechaSolicitud: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  historial: Resolver<Array<ResolversTypes['DispatchUpdate']>, ParentType, ContextType, RequireFields<DispatchHistorialArgs, 'limit'>>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  incidente: Resolver<ResolversTypes['Incidente'], ParentType, ContextType>;
  observaciones: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  origen: Resolver<ResolversTypes['Place'], ParentType, ContextType>;
  prioridad: Resolver<ResolversTypes['Prioridad'], ParentType, ContextType>;
  rastreo: Resolver<Array<ResolversTypes['Location']>, ParentType, ContextType, RequireFields<DispatchRastreoArgs, 'limit'>>;
  tiempoEstimadoMin: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  tiempoRealMin: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  ubicacionActual: Resolver<Maybe<ResolversTypes['Location']>, ParentType, ContextType>;
  version: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type DispatchUpdateResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['DispatchUpdate'] = ResolversParentTypes['DispatchUpdate']> = {
  actorId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  changeType: Resolver<ResolversTypes['DispatchChangeType'], ParentType, ContextType>;
  cursor: Resolver<Maybe<ResolversTypes['Cursor']>, ParentType, ContextType>;
  dispatch: Resolver<ResolversTypes['Dispatch'], ParentType, ContextType>;
  follows: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
  position: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
  previousEstado: Resolver<Maybe<ResolversTypes['DispatchStatus']>, ParentType, ContextType>;
  recovered: Resolver<Maybe<ResolversTypes['Recovery']>, ParentType, ContextType>;
  timestamp: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type EtaResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['Eta'] = ResolversParentTypes['Eta']> = {
  basis: Resolver<ResolversTypes['EtaBasis'], ParentType, ContextType>;
  computedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  seconds: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export type LiveSubscriptionResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['LiveSubscription'] = ResolversParentTypes['LiveSubscription']> = {
  acknowledged: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
  connectionId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  field: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  operationName: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  process: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sent: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
  since: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  topic: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  transport: Resolver<ResolversTypes['LiveTransport'], ParentType, ContextType>;
  userId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  waitingBytes: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type LiveSubscriptionsResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['LiveSubscriptions'] = ResolversParentTypes['LiveSubscriptions']> = {
  isComplete: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  silentProcesses: Resolver<Array<ResolversTypes['SilentProcess']>, ParentType, ContextType>;
  subscriptions: Resolver<Array<ResolversTypes['LiveSubscription']>, ParentType, ContextType>;
  total: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type LocationResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['Location'] = ResolversParentTypes['Location']> = {
  altitud: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  latitud: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  longitud: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  precision: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  receivedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  recordedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  rumbo: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  velocidad: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type LocationUpdateResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['LocationUpdate'] = ResolversParentTypes['LocationUpdate']> = {
  cursor: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  despachoId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  follows: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
  location: Resolver<Maybe<ResolversTypes['Location']>, ParentType, ContextType>;
  position: Resolver<ResolversTypes['StreamPosition'], ParentType, ContextType>;
  recovered: Resolver<Maybe<ResolversTypes['Recovery']>, ParentType, ContextType>;
  snapshot: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  timestamp: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type MessageBroadcastResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['MessageBroadcast'] = ResolversParentTypes['MessageBroadcast']> = {
  channel: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  cursor: Resolver<Maybe<ResolversTypes['Cursor']>, ParentType, ContextType>;
  follows: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  message: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  position: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
  recovered: Resolver<Maybe<ResolversTypes['Recovery']>, ParentType, ContextType>;
  sender: Resolver<ResolversTypes['User'], ParentType, ContextType>;
  senderId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  timestamp: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  acknowledgeAlert: Resolver<Maybe<ResolversTypes['Alert']>, ParentType, ViewerContext, RequireFields<MutationAcknowledgeAlertArgs, 'id'>>;
  answerAssignment: Resolver<Maybe<ResolversTypes['Dispatch']>, ParentType, ViewerContext, RequireFields<MutationAnswerAssignmentArgs, 'accept' | 'id'>>;
  assignDispatch: Resolver<Maybe<ResolversTypes['Dispatch']>, ParentType, ViewerContext, RequireFields<MutationAssignDispatchArgs, 'ambulanciaId' | 'id'>>;
  broadcastMessage: Resolver<Maybe<ResolversTypes['MessageBroadcast']>, ParentType, ViewerContext, RequireFields<MutationBroadcastMessageArgs, 'channel' | 'message'>>;
  createDispatch: Resolver<Maybe<ResolversTypes['Dispatch']>, ParentType, ViewerContext, RequireFields<MutationCreateDispatchArgs, 'input'>>;
  endSession: Resolver<Maybe<ResolversTypes['SessionEnding']>, ParentType, ViewerContext, RequireFields<MutationEndSessionArgs, 'reason' | 'userId'>>;
  notifyDispatchEvent: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ViewerContext, RequireFields<MutationNotifyDispatchEventArgs, 'despachoId' | 'evento'>>;
  readmitUser: Resolver<Maybe<ResolversTypes['SessionEnding']>, ParentType, ViewerContext, RequireFields<MutationReadmitUserArgs, 'reason' | 'userId'>>;
  renewSession: Resolver<ResolversTypes['Session'], ParentType, ViewerContext, RequireFields<MutationRenewSessionArgs, 'token'>>;
  reportLocation: Resolver<Maybe<ResolversTypes['Location']>, ParentType, ViewerContext, RequireFields<MutationReportLocationArgs, 'despachoId' | 'input'>>;
  seeAssignment: Resolver<Maybe<ResolversTypes['Dispatch']>, ParentType, ViewerContext, RequireFields<MutationSeeAssignmentArgs, 'id'>>;
  subscribeToDispatch: Resolver<Maybe<ResolversTypes['Dispatch']>, ParentType, ViewerContext, RequireFields<MutationSubscribeToDispatchArgs, 'id'>>;
  unsubscribeFromDispatch: Resolver<Maybe<ResolversTypes['Dispatch']>, ParentType, ViewerContext, RequireFields<MutationUnsubscribeFromDispatchArgs, 'id'>>;
  updateDispatchStatus: Resolver<Maybe<ResolversTypes['Dispatch']>, ParentType, ViewerContext, RequireFields<MutationUpdateDispatchStatusArgs, 'estado' | 'id'>>;
  updateUserStatus: Resolver<Maybe<ResolversTypes['User']>, ParentType, ViewerContext, RequireFields<MutationUpdateUserStatusArgs, 'status'>>;
};

export type OnlineUserResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['OnlineUser'] = ResolversParentTypes['OnlineUser']> = {
  connectedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  connectionCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  role: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  status: Resolver<ResolversTypes['UserStatus'], ParentType, ContextType>;
};

export type PlaceResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['Place'] = ResolversParentTypes['Place']> = {
  direccion: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  latitud: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  longitud: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  alerts: Resolver<ResolversTypes['AlertConnection'], ParentType, ViewerContext, RequireFields<QueryAlertsArgs, 'first'>>;
  channelHistory: Resolver<Array<ResolversTypes['MessageBroadcast']>, ParentType, ViewerContext, RequireFields<QueryChannelHistoryArgs, 'channel' | 'limit'>>;
  connectionStats: Resolver<ResolversTypes['ConnectionStats'], ParentType, ViewerContext>;
  despachos: Resolver<Array<ResolversTypes['Dispatch']>, ParentType, ViewerContext, RequireFields<QueryDespachosArgs, 'limit' | 'offset'>>;
  dispatch: Resolver<Maybe<ResolversTypes['Dispatch']>, ParentType, ViewerContext, RequireFields<QueryDispatchArgs, 'id'>>;
  dispatchesCursor: Resolver<ResolversTypes['Cursor'], ParentType, ViewerContext>;
  events: Resolver<Array<ResolversTypes['AuditEvent']>, ParentType, ViewerContext, RequireFields<QueryEventsArgs, 'limit'>>;
  liveSubscriptions: Resolver<ResolversTypes['LiveSubscriptions'], ParentType, ViewerContext, RequireFields<QueryLiveSubscriptionsArgs, 'limit'>>;
  onlineUsers: Resolver<Array<ResolversTypes['OnlineUser']>, ParentType, ViewerContext, RequireFields<QueryOnlineUsersArgs, 'limit'>>;
  receipts: Resolver<Array<ResolversTypes['Receipt']>, ParentType, ViewerContext, RequireFields<QueryReceiptsArgs, 'despachoId' | 'limit' | 'offset'>>;
  streamPlaces: Resolver<Array<Maybe<ResolversTypes['StreamPlace']>>, ParentType, ViewerContext, RequireFields<QueryStreamPlacesArgs, 'streams'>>;
  user: Resolver<Maybe<ResolversTypes['User']>, ParentType, ViewerContext, RequireFields<QueryUserArgs, 'id'>>;
};

export type ReceiptResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['Receipt'] = ResolversParentTypes['Receipt']> = {
  acknowledgedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  acknowledgedBy: Resolver<ResolversTypes['ReceiptReceiver'], ParentType, ContextType>;
  arguments: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  field: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sentAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  snapshot: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  transport: Resolver<ResolversTypes['ReceiptTransport'], ParentType, ContextType>;
  version: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  viewerId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type SessionResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['Session'] = ResolversParentTypes['Session']> = {
  expiresAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type SessionEndingResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['SessionEnding'] = ResolversParentTypes['SessionEnding']> = {
  endedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  endedConnections: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  isComplete: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  refusedUntil: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  silentProcesses: Resolver<Array<ResolversTypes['SilentProcess']>, ParentType, ContextType>;
  userId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type SilentProcessResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['SilentProcess'] = ResolversParentTypes['SilentProcess']> = {
  lastSeen: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  name: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type StreamPlaceResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['StreamPlace'] = ResolversParentTypes['StreamPlace']> = {
  cursor: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  position: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
};

export interface StreamPositionScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['StreamPosition'], any> {
  name: 'StreamPosition';
}

export type SubscriptionResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  alertRaised: SubscriptionResolver<ResolversTypes['Alert'], "alertRaised", ParentType, ViewerContext, Partial<SubscriptionAlertRaisedArgs>>;
  assignmentOffered: SubscriptionResolver<ResolversTypes['AssignmentOffer'], "assignmentOffered", ParentType, ViewerContext, Partial<SubscriptionAssignmentOfferedArgs>>;
  dispatchUpdated: SubscriptionResolver<ResolversTypes['DispatchUpdate'], "dispatchUpdated", ParentType, ViewerContext, RequireFields<SubscriptionDispatchUpdatedArgs, 'id'>>;
  dispatchesUpdated: SubscriptionResolver<ResolversTypes['DispatchUpdate'], "dispatchesUpdated", ParentType, ViewerContext, Partial<SubscriptionDispatchesUpdatedArgs>>;
  followedDispatchUpdated: SubscriptionResolver<ResolversTypes['DispatchUpdate'], "followedDispatchUpdated", ParentType, ViewerContext, Partial<SubscriptionFollowedDispatchUpdatedArgs>>;
  locationUpdated: SubscriptionResolver<ResolversTypes['LocationUpdate'], "locationUpdated", ParentType, ViewerContext, RequireFields<SubscriptionLocationUpdatedArgs, 'despachoId'>>;
  locationsInArea: SubscriptionResolver<ResolversTypes['AreaLocation'], "locationsInArea", ParentType, ViewerContext, RequireFields<SubscriptionLocationsInAreaArgs, 'area' | 'maxRatePerSecond'>>;
  messageBroadcast: SubscriptionResolver<ResolversTypes['MessageBroadcast'], "messageBroadcast", ParentType, ViewerContext, RequireFields<SubscriptionMessageBroadcastArgs, 'channel'>>;
  presenceChanged: SubscriptionResolver<ResolversTypes['UserStatusChange'], "presenceChanged", ParentType, ViewerContext, Partial<SubscriptionPresenceChangedArgs>>;
  userStatusChanged: SubscriptionResolver<ResolversTypes['UserStatusChange'], "userStatusChanged", ParentType, ViewerContext, RequireFields<SubscriptionUserStatusChangedArgs, 'userId'>>;
};

export type UserResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['User'] = ResolversParentTypes['User'], FederationReferenceType extends FederationReferenceTypes['User'] = FederationReferenceTypes['User']> = {
  __resolveReference: ReferenceResolver<Maybe<ResolversTypes['User']> | FederationReferenceType, FederationReferenceType, ContextType>;
  connectionCount: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  isOnline: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  lastSeen: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  name: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  role: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  status: Resolver<Maybe<ResolversTypes['UserStatus']>, ParentType, ContextType>;
};

export type UserStatusChangeResolvers<ContextType = SharedContext, ParentType extends ResolversParentTypes['UserStatusChange'] = ResolversParentTypes['UserStatusChange']> = {
  cursor: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  follows: Resolver<Maybe<ResolversTypes['StreamPosition']>, ParentType, ContextType>;
  isOnline: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  position: Resolver<ResolversTypes['StreamPosition'], ParentType, ContextType>;
  previousStatus: Resolver<Maybe<ResolversTypes['UserStatus']>, ParentType, ContextType>;
  recovered: Resolver<Maybe<ResolversTypes['Recovery']>, ParentType, ContextType>;
  snapshot: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  status: Resolver<ResolversTypes['UserStatus'], ParentType, ContextType>;
  timestamp: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  user: Resolver<ResolversTypes['User'], ParentType, ContextType>;
  userId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type Resolvers<ContextType = SharedContext> = {
  Alert: AlertResolvers<ContextType>;
  AlertConnection: AlertConnectionResolvers<ContextType>;
  AlertEdge: AlertEdgeResolvers<ContextType>;
  AlertPageInfo: AlertPageInfoResolvers<ContextType>;
  AreaLocation: AreaLocationResolvers<ContextType>;
  AssignedAmbulance: AssignedAmbulanceResolvers<ContextType>;
  Assignment: AssignmentResolvers<ContextType>;
  AssignmentOffer: AssignmentOfferResolvers<ContextType>;
  AuditEvent: AuditEventResolvers<ContextType>;
  ConnectionStats: ConnectionStatsResolvers<ContextType>;
  Cursor: GraphQLScalarType;
  DateTime: GraphQLScalarType;
  Dispatch: DispatchResolvers<ContextType>;
  DispatchUpdate: DispatchUpdateResolvers<ContextType>;
  Eta: EtaResolvers<ContextType>;
  JSON: GraphQLScalarType;
  LiveSubscription: LiveSubscriptionResolvers<ContextType>;
  LiveSubscriptions: LiveSubscriptionsResolvers<ContextType>;
  Location: LocationResolvers<ContextType>;
  LocationUpdate: LocationUpdateResolvers<ContextType>;
  MessageBroadcast: MessageBroadcastResolvers<ContextType>;
  Mutation: MutationResolvers<ContextType>;
  OnlineUser: OnlineUserResolvers<ContextType>;
  Place: PlaceResolvers<ContextType>;
  Query: QueryResolvers<ContextType>;
  Receipt: ReceiptResolvers<ContextType>;
  Session: SessionResolvers<ContextType>;
  SessionEnding: SessionEndingResolvers<ContextType>;
  SilentProcess: SilentProcessResolvers<ContextType>;
  StreamPlace: StreamPlaceResolvers<ContextType>;
  StreamPosition: GraphQLScalarType;
  Subscription: SubscriptionResolvers<ContextType>;
  User: UserResolvers<ContextType>;
  UserStatusChange: UserStatusChangeResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = SharedContext> = {
  filter: FilterDirectiveResolver<any, any, ContextType>;
  rateLimit: RateLimitDirectiveResolver<any, any, ContextType>;
};

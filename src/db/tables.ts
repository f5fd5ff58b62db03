/** The types of the tables, which are the same on SQLite and on PostgreSQL. */
import type { Generated, GeneratedAlways, Insertable, Selectable } from 'kysely';
import type { AlertsTable, AlertWatchesTable } from './tables/alerts.ts';
import type { AssignmentsTable } from './tables/assignments.ts';

/** ISO 8601 in UTC with milliseconds, as text in both databases: readable, and sorted by time when sorted as text. */
type IsoDate = string;

/** JSON as text in both databases. PostgreSQL's own type would refuse `\u0000` and reorder keys. */
type Json = string;

/** Dispatches; where they live in another service, each as it was last published. */
interface DispatchesTable {
  /** Given by the database, or by the other service. */
  id: Generated<number>;
  estado: string;
  prioridad: string;
  incidente: string;
  origen_latitud: number;
  origen_longitud: number;
  origen_direccion: string | null;
  /** Null together with `destino_longitud`: no destination is known. */
  destino_latitud: number | null;
  destino_longitud: number | null;
  destino_direccion: string | null;
  ambulancia_id: string | null;
  ambulancia_placa: string | null;
  observaciones: string | null;
  distancia_km: number | null;
  tiempo_estimado_min: number | null;
  tiempo_real_min: number | null;
  fecha_solicitud: IsoDate;
  fecha_asignacion: IsoDate | null;
  fecha_llegada: IsoDate | null;
  /** Null as long as the dispatch has not ended. */
  fecha_finalizacion: IsoDate | null;
  /** Never goes back while `version` goes forward. */
  fecha_actualizacion: IsoDate;
  version: number;
}

interface FollowsTable {
  id: GeneratedAlways<number>;
  viewer_id: string;
  despacho_id: number;
  at: IsoDate;
  /** The dispatch's version when the viewer began to follow it. */
  version: number;
}

interface LocationsTable {
  id: GeneratedAlways<number>;
  despacho_id: number;
  latitud: number;
  longitud: number;
  altitud: number | null;
  velocidad: number | null;
  rumbo: number | null;
  precision: number | null;
  /** When it was measured, by the clock of whoever dated it. */
  recorded_at: IsoDate;
  /** When this service received it. Never goes back from one position of a dispatch to the next. */
  at: IsoDate;
  /** 1 where its device dated it, else 0; null in rows of before there was this column. */
  is_dated: number | null;
  /** When MS Despacho received it, by its clock; null where it is not there, and in rows of before there was this column. */
  upstream_at: IsoDate | null;
}

interface MessagesTable {
  id: GeneratedAlways<number>;
  channel: string;
  message: string;
  sender_id: string;
  at: IsoDate;
}

interface UsersTable {
  id: string;
  name: string | null;
  role: string | null;
}

/** The audit trail and, as long as `relayed_at` is null, the outbox of the relay. */
interface EventsTable {
  id: GeneratedAlways<number>;
  type: string;
  despacho_id: number | null;
  actor_id: string | null;
  at: IsoDate;
  /** Array of topic keys. */
  topics: Json;
  /** The event as it is parsed by the module of its topic. */
  payload: Json;
  relayed_at: IsoDate | null;
  /** An object whose properties belong to the payload, and are for admins alone. Null where there are none. */
  confidential: Generated<Json | null>;
  /** Array of `[epoch, offset]`: where it stands in each of its topics. Null until it was relayed, and in rows of before there was this column. */
  positions: Generated<Json | null>;
}

/** Whose sessions were ended, see `modules/connection/session-end-record.ts`. */
interface SessionEndsTable {
  viewer_id: string;
  /** Null where that was taken back. */
  ended_at: IsoDate | null;
  /** How long it is kept. */
  until: IsoDate;
  /** Never goes back. */
  changed_at: IsoDate;
}

/**
 * What clients have acknowledged, see `modules/dispatch/receipts/`: a row for all of a batch that were shown the same stream. A
 * receipt of a snapshot stands in a topic of its own, with versions for offsets.
 */
interface ReceiptsTable {
  id: GeneratedAlways<number>;
  topic: string;
  epoch: string;
  /** Which block of offsets: a row is of one. */
  block: number;
  /** Behind this one, up to `to_offset`, lies what its entries say. */
  from_offset: number;
  to_offset: number;
  /** By what the stream judges events. */
  stream: Json;
  transport: string;
  acknowledged_by: string;
  /** When it was written. */
  at: IsoDate;
  /** Array of `[viewer, from, to, sent, acknowledged]`: offsets from `from_offset` on, and milliseconds before `at`. */
  entries: Json;
}

/** Facts about the database as a whole, see `metadata.ts`. */
interface RecordFactsTable {
  name: string;
  value: string;
}

/** Changes of dispatches in MS Despacho that are under way, or whose outcome is not known. */
interface PendingChangesTable {
  /** Names the dispatch; unique for one that is being created. */
  key: string;
  /** Identifies who began it: a random id. */
  owner: string;
  /** The status it leads to. */
  estado: string;
  /** Where a dispatch is being created: that identifies it until it has an id. */
  origen: string | null;
  actor_id: string;
  /** Until then its event is written by who began it, afterwards by who detects it. */
  until: IsoDate;
  /** The mutation that it belongs to, which whoever writes the event gives its effect. */
  mutation_key: string | null;
}

/** Positions that are being reported to MS Despacho, or of which nobody knows whether they arrived there. */
interface PendingPositionsTable {
  /** Names the position: of one that its device dated, the same whoever sends it. */
  key: string;
  /** Identifies who reports it: a random id. */
  owner: string;
  despacho_id: number;
  latitud: number;
  longitud: number;
  /** The position as it was reported. */
  position: Json;
  actor_id: string;
  /** Until then it is stored by who reports it, afterwards by who finds it in MS Despacho. */
  until: IsoDate;
}

/** Mutations that may be sent again, see `mutations/`. */
interface MutationKeysTable {
  id: string;
  /** What the mutation was. */
  content: string;
  /** What it did. Null for one that is carried out by another service, until that is known. */
  effect: Json | null;
  /** Until then whoever carries it out is at it; null where it is one transaction. */
  until: IsoDate | null;
  expires_at: IsoDate;
}

/** The secrets that cursors are signed with, see `cursor-keys.ts`. */
interface CursorKeysTable {
  /** 1, 2, 3 … in the order in which they are used. */
  number: number;
  secret: string;
  /** When it was made. */
  at: IsoDate;
}

/** Subscriptions by callback, see `stores/callbacks/`. */
interface CallbacksTable {
  name: string;
  /** Empty where nobody holds it. */
  generation: string;
  data: Json;
  position: string | null;
}

interface SchemaMigrationsTable {
  name: string;
  at: IsoDate;
}

export interface Tables {
  dispatches: DispatchesTable;
  follows: FollowsTable;
  locations: LocationsTable;
  messages: MessagesTable;
  users: UsersTable;
  events: EventsTable;
  record_facts: RecordFactsTable;
  pending_changes: PendingChangesTable;
  pending_positions: PendingPositionsTable;
  cursor_keys: CursorKeysTable;
  mutation_keys: MutationKeysTable;
  session_ends: SessionEndsTable;
  receipts: ReceiptsTable;
  callbacks: CallbacksTable;
  assignments: AssignmentsTable;
  alerts: AlertsTable;
  alert_watches: AlertWatchesTable;
  schema_migrations: SchemaMigrationsTable;
}

export type DispatchRow = Selectable<DispatchesTable>;
export type NewDispatchRow = Insertable<DispatchesTable>;
export type LocationRow = Selectable<LocationsTable>;
export type MessageRow = Selectable<MessagesTable>;
export type SessionEndRow = Selectable<SessionEndsTable>;
export type ReceiptRow = Selectable<ReceiptsTable>;
export type EventRow = Selectable<EventsTable>;

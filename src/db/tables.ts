/** Owns the typed schema of the record's tables, the same on SQLite and on PostgreSQL. */
import type { Generated, GeneratedAlways, Insertable, Selectable } from 'kysely';

/** ISO 8601 in UTC with milliseconds, as text in both databases: readable, and sorted by time when sorted as text. */
type IsoDate = string;

/** JSON as text in both databases. PostgreSQL's own type would refuse `\u0000` and reorder keys. */
type Json = string;

/** Dispatches of our own record; where they live in another service, what was last told of each. */
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
  /** Of the dispatch, when the viewer began to follow it. */
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
  /** When the device measured it. */
  recorded_at: IsoDate;
  /** When the record received it. */
  at: IsoDate;
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
  /** The event as subscribers' modules read it. */
  payload: Json;
  relayed_at: IsoDate | null;
}

/** What is true of the record as a whole: whose it is, and from where on. */
interface RecordFactsTable {
  name: string;
  value: string;
}

/** Changes of another service's dispatches that are under way, or whose outcome is not known. */
interface PendingChangesTable {
  /** The dispatch, or for one that is being created something unique. */
  key: string;
  /** Whoever began it. */
  owner: string;
  /** The status it leads to. */
  estado: string;
  /** Of a dispatch that is being created: where, by which it is recognised. */
  origen: string | null;
  actor_id: string;
  /** Up to then whoever began it tells of it; later, whoever notices it. */
  until: IsoDate;
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
  schema_migrations: SchemaMigrationsTable;
}

export type DispatchRow = Selectable<DispatchesTable>;
export type NewDispatchRow = Insertable<DispatchesTable>;
export type LocationRow = Selectable<LocationsTable>;
export type MessageRow = Selectable<MessagesTable>;
export type EventRow = Selectable<EventsTable>;

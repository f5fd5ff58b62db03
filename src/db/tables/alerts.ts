/** The types of the tables of alerts, which are the same on SQLite and on PostgreSQL. Dates as in `tables.ts`. */
import type { GeneratedAlways, Insertable, Selectable } from 'kysely';

/** What somebody should look at, see `modules/alert/`. Of each dispatch one of a kind at the most has not been cleared. */
export interface AlertsTable {
  id: GeneratedAlways<number>;
  kind: string;
  despacho_id: number;
  /** The ambulance, the status and the priority of the dispatch when it was raised. */
  ambulancia_id: string | null;
  estado: string;
  prioridad: string;
  /** The assignment that it is about; null where it is about none. */
  assignment_id: number | null;
  /** From when on its limit counts. */
  since: string;
  /** When that was reached. */
  limit_at: string;
  raised_at: string;
  /** Null as long as its reason lasts. */
  cleared_at: string | null;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  /** When it was last changed. */
  at: string;
  /** Counts its changes. */
  revision: number;
}

export type AlertRow = Selectable<AlertsTable>;
export type NewAlertRow = Insertable<AlertsTable>;

/** When dispatches that have not ended are to be looked at next. */
export interface AlertWatchesTable {
  despacho_id: number;
  /** The status that it was last seen in, and since when it is. */
  estado: string;
  since: string;
  /** Null where nothing can become of it by time alone. */
  due_at: string | null;
  /** Names the limits by which that was worked out. */
  limits: string;
}

export type AlertWatchRow = Selectable<AlertWatchesTable>;

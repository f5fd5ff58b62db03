/** The type of the table of assignments, which is the same on SQLite and on PostgreSQL. Dates as in `tables.ts`. */
import type { GeneratedAlways, Selectable } from 'kysely';

/** Which ambulances were sent to a dispatch, see `modules/dispatch/assignments/`. Of each dispatch one at the most has not ended. */
export interface AssignmentsTable {
  id: GeneratedAlways<number>;
  despacho_id: number;
  ambulancia_id: string;
  ambulancia_placa: string | null;
  assigned_by: string | null;
  assigned_at: string;
  /** When a client of the crew has proven by its cursor that it has it; receipts are looked at beside it. */
  delivered_at: string | null;
  seen_at: string | null;
  answer: string;
  answered_at: string | null;
  answered_by: string | null;
  reason: string | null;
  /** When an answer was due; null where nothing escalates. */
  deadline: string | null;
  /** How far it was escalated. */
  level: number;
  /** When the next level is due; null where none is. */
  due_at: string | null;
  ended_at: string | null;
  /** Counts its changes. */
  revision: number;
}

export type AssignmentRow = Selectable<AssignmentsTable>;

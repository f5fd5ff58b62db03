/** The form of a step of the schema. */
import type { Transaction } from 'kysely';
import type { DatabaseKind } from './database.ts';
import type { Tables } from './tables.ts';

/** One step of the schema. Once released it never changes: a new step follows it. */
export interface Migration {
  /** Number and name; never used twice. */
  readonly name: string;
  up(query: Transaction<Tables>, kind: DatabaseKind): Promise<void>;
}

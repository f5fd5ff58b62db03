/** Describes one change of the schema. */
import type { SourceLine } from '../../supergraph/sdl-files.ts';
import type { Level } from './directive-rules.ts';

export interface SchemaChange {
  /** `FIELD_REMOVED`, `KEY_REMOVED`, … */
  readonly kind: string;
  /** The coordinate of what changed: `Dispatch.rastreo.limit`, or for a directive `Dispatch @key(fields: "id")`. */
  readonly path: string;
  readonly level: Level;
  readonly message: string;
  /** What it means for clients or other subgraphs; null where that is obvious. */
  readonly why: string | null;
  readonly at: SourceLine;
  /** Those who notice, by what they use (`usersOf`); where it is absent, kind and path say so. */
  readonly touches?: readonly string[];
  /** Whether `at` is a line of the base, because the schema no longer has this part. */
  readonly isInBase: boolean;
}

/** The coordinate of a change, without the directive. */
export function coordinateOf({ path }: Pick<SchemaChange, 'path'>): string {
  return path.split(' ', 1).join();
}

/** Owns what a change of the schema is, to whoever judges, matches or prints one. */
import type { SourceLine } from '../../supergraph/sdl-files.ts';
import type { Level } from './directive-rules.ts';

export interface SchemaChange {
  /** `FIELD_REMOVED`, `KEY_REMOVED`, … */
  readonly kind: string;
  /** The coordinate of what changed, `Dispatch.rastreo.limit`; for a directive, `Dispatch @key(fields: "id")`. */
  readonly path: string;
  readonly level: Level;
  readonly message: string;
  /** What it does to clients or to other subgraphs, where that does not go without saying. */
  readonly why: string | null;
  readonly at: SourceLine;
  /** Whether `at` is a line of the base, since the schema no longer has the part. */
  readonly isInBase: boolean;
}

/** The part of the schema that a change is about. */
export function coordinateOf({ path }: Pick<SchemaChange, 'path'>): string {
  return path.split(' ', 1).join();
}

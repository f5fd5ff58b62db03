/** Where a subscription goes on whose client was there before, beside the cursor in its arguments. */
import type { PreparedOperation, Variables } from './prepared-operation.ts';
import type { CursorPosition } from './cursors/cursor.ts';
import type { ShownVersions } from './cursors/snapshot-versions.ts';
import type { Position } from '../stores/event-log/event-log.ts';

/** What a subscriber was sent: everything up to here. */
export interface StreamPosition extends Position {
  /** Events of every change up to here were sent, or it is known of; milliseconds since the Unix epoch, or `unknownTime`. */
  readonly at: number;
  /** What snapshots have shown, which may be ahead of the position. */
  readonly snapshotVersions: ShownVersions | null;
  /** As a slot keeps it, once it was asked for: many are at the same position. For `formatPosition` alone. */
  text?: string | undefined;
}

/** A subscription that is about to begin, and may be begun: its permission was checked. */
export interface ResumptionRequest {
  readonly operation: PreparedOperation;
  /** Without `after`. */
  readonly variables: Variables;
  /** Where it would begin without a word to its client; null where its client sent a cursor, or would be shown a snapshot. */
  readonly begin: CursorPosition | null;
}

/** The place of a client that may have been here before, or not: `mayBeNew`. */
export interface KeptPlace extends CursorPosition {
  /** Where nothing was missed, a newcomer is to be shown what newcomers are. */
  readonly mayBeNew?: boolean;
}

/** Where a client has come to; `unknown` where it was here before, and has said of nothing that it has it. */
export type Place = KeptPlace | 'unknown';

/** What remembers positions for clients who do not. */
export interface Resumption {
  /**
   * Resolves with where the client is known to have come to; null where nothing is known of it. May be called again when
   * a subscription was refused for a while. Rejects when nobody waits for it any more.
   */
  find(request: ResumptionRequest): Promise<Place | null>;
}

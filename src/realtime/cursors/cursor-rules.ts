/** What the service makes of cursors: by which keys it knows them, and how far back they reach. */
import type { CursorKeys } from './cursor-keys.ts';

/** What is made of the cursors that clients send. */
export interface CursorRules {
  readonly keys: CursorKeys;
  /** The age of the log, milliseconds: a cursor that is older shows no changes. */
  readonly maxAgeMs: number;
  /**
   * Until when cursors without a good signature are continued where the log reaches back to them, milliseconds since the
   * Unix epoch: clients may hold some of a release that signed none. Null where there was no such release.
   */
  readonly unsignedUntil: number | null;
  /**
   * The earliest time at which something with this date can have happened: what else happened since is dated by it or later. Null
   * when nobody can say that.
   */
  readonly earliestOf: (date: number) => Promise<number | null>;
  /** When the oldest event happened that is appended next, or once more; milliseconds since the Unix epoch, null where there is none. */
  readonly oldestUnrelayed: () => Promise<number | null>;
}

/** Owns the port of claims: which process of the cluster does a piece of work that all of them hear of. */

export type LeaseOutcome =
  /** It is yours: do it, then `settle` it. */
  | 'acquired'
  /** Somebody else is at it, and may die over it: ask again after the lease. */
  | 'taken'
  /** It was done. */
  | 'done';

/**
 * One process at a time does a piece of work, and only until one has done it.
 *
 * A claim that is not settled within its lease is free again: whoever held it is dead, or too slow. So work may be done
 * twice in a failure, and must bear it; it is never left undone as long as one process asks again.
 */
export interface Leases {
  acquire(key: string, leaseMs: number): Promise<LeaseOutcome>;
  /** The work was done. Remembered for `rememberMs`. */
  complete(key: string, rememberMs: number): Promise<void>;
  close(): Promise<void>;
}

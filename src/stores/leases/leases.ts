/** The port of leases: decides which process of the cluster does a piece of work that all of them hear of. */

export type LeaseOutcome =
  /** The work is yours: do it, then call `complete`. */
  | 'acquired'
  /** Another process is doing it, and may die before it is done: ask again when the lease has ended. */
  | 'taken'
  /** The work was done already. */
  | 'done';

/**
 * One process at a time does a piece of work, until one has completed it.
 *
 * A lease that ends before the work was completed is free again: its holder is dead, or too slow. So after a failure work
 * may be done twice, and must allow for that. It is never left undone as long as some process asks again.
 */
export interface Leases {
  acquire(key: string, leaseMs: number): Promise<LeaseOutcome>;
  /** Says that the work is done. That is remembered for `rememberMs`. */
  complete(key: string, rememberMs: number): Promise<void>;
  close(): Promise<void>;
}

/** The port of subscriptions by callback: they live in the store, and processes hold them for a while, so that another one can go on. */

/** A subscription as it is kept. */
export interface CallbackEntry {
  /** A hash: letters, digits, `-` and `_`. */
  readonly name: string;
  /** A name that nobody else has used or will use. From now on only who says it may write. */
  readonly generation: string;
  /** What whoever goes on with it has to know. It never changes. */
  readonly data: string;
  /** What the router has taken; null where nothing is known of that. */
  readonly position: string | null;
  /** How long it is its holder's who does not renew it, milliseconds. */
  readonly leaseMs: number;
  /** How long it is kept that nobody holds, milliseconds. */
  readonly keepMs: number;
}

/**
 * What happens to a subscription: it is held for longer (`renew`), left by its holder so that anybody may take it at once (`release`), or
 * ended.
 */
export type CallbackAct = 'renew' | 'release' | 'end';

export interface CallbackWrite {
  readonly name: string;
  readonly generation: string;
  readonly act: CallbackAct;
  /** Null leaves the position as it was. */
  readonly position: string | null;
}

/** `replaced`: somebody else has it, and nothing was written. `missing`: it is not there. */
export type CallbackWritten = 'written' | 'replaced' | 'missing';

/** `full`: there are too many. */
export type CallbackKept = 'kept' | 'full' | 'replaced';

export interface TakenCallback extends Pick<CallbackEntry, 'name' | 'generation' | 'data' | 'position'> {
  /** Whether its holder has left it. Else nothing was heard of them for as long as they may have it. */
  readonly wasReleased: boolean;
}

export interface CallbackTake {
  /** What the generations begin with that it is held by from now on: nobody else has used it or will use it. */
  readonly generation: string;
  /** How many at the most. */
  readonly limit: number;
}

/**
 * Subscriptions by callback.
 *
 * - **Fencing**: each holder has a generation of their own. Of all generations the newest alone may write; what an older one writes
 *   changes nothing, however late it comes.
 * - **Order**: what one process asks for one subscription happens in the order in which it asked.
 * - **Leases**: where it is shared by processes, a subscription can be taken when its lease has ended that its holder has not
 *   renewed, or when it was left. Where it is not, one process has all of them: it takes what it finds when it begins, and
 *   what was left.
 * - **Life**: an entry is kept for `keepMs` after its lease.
 * - **Bounds**: about `maxCallbacks` in all.
 * - **Errors**: a store that is away rejects with `Unavailable`. What was asked for may have happened: asking again does no harm.
 */
export interface CallbackStore {
  /** Whether several processes share it, so that leases count. */
  readonly isShared: boolean;
  /**
   * Keeps a subscription, which is held from now on. `begin`: whoever holds one of this name has it no more. `restore`: only if
   * nobody else has taken it meanwhile; `replaced` then.
   */
  keep(entry: CallbackEntry, how: 'begin' | 'restore'): Promise<CallbackKept>;
  /** The outcome of each write, in order. */
  write(writes: readonly CallbackWrite[]): Promise<readonly CallbackWritten[]>;
  /** Takes those that nobody holds. */
  take(request: CallbackTake): Promise<readonly TakenCallback[]>;
}

/** A few hundred bytes each, and their operations. */
export const maxCallbacks = 100_000;

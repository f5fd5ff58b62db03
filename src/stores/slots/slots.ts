/** The port of slots: where the stream of one operation stands, so that whoever comes back with the operation goes on there. */

/** Names a slot. Both parts are hashes: letters, digits, `-` and `_`. */
export interface SlotKey {
  /** Whose slot it is. Only so many of one viewer are kept. */
  readonly viewer: string;
  /** Which of their operations it belongs to. */
  readonly operation: string;
}

export interface SlotTake {
  readonly key: SlotKey;
  /** A name that nobody else has used or will use. From now on only who says it may write. */
  readonly generation: string;
  /** The position that a slot begins with which is not there yet; null where its stream would begin anew anyway. */
  readonly begin: string | null;
  /** From whom it may be taken who has not left it: from anybody, from nobody, or from the holder of this generation. */
  readonly from: 'anybody' | 'nobody' | Pick<SlotHolder, 'generation'>;
}

/** A generation, and the process that took it. */
export interface SlotHolder {
  readonly generation: string;
  readonly process: string;
}

export type SlotTaken =
  /**
   * There was no slot: there is one now. `lostAt`: null, or when the store lost what it had, or a slot was left that made room for another
   * since; this may have been there then.
   */
  | { readonly outcome: 'new'; readonly lostAt: number | null }
  /**
   * `position`: the newest that was written, or null when none was, or where nobody can say whose it is (see **Others**).
   * `replaced`: who held it, and has not said since that they no longer do; the same for whoever asks once more. Null where nobody does. `lostAt`: of one without a position, as
   * of a new one.
   */
  | {
      readonly outcome: 'taken';
      readonly position: string | null;
      readonly replaced: SlotHolder | null;
      readonly lostAt: number | null;
    }
  /** Somebody has not left it from whom it was not to be taken. Nothing has changed. */
  | { readonly outcome: 'held'; readonly holder: SlotHolder }
  /**
   * `contested`: it was taken from others too often of late, and stays with whoever has it; `position` is what it says, so that
   * whoever comes back misses nothing all the same. `full`: its viewer has too many. `replaced`: this generation had it, and was one of
   * the last two that were replaced: what was asked for twice, as after an outage, comes late.
   */
  | {
      readonly outcome: 'refused';
      readonly why: 'contested' | 'full' | 'replaced';
      readonly position: string | null;
    };

/** How far the client of a slot has come. */
export interface SlotMove {
  readonly key: SlotKey;
  readonly generation: string;
  readonly position: string;
}

/**
 * What happens to a slot beside being moved: it is kept for longer while it is held (`renew`), made again if it is not there
 * any more (`restore`), left by its holder (`end`), or deleted. `drop` deletes it whoever holds it.
 */
export type SlotAct = 'renew' | 'restore' | 'end' | 'delete' | 'drop';

export interface SlotWrite {
  readonly key: SlotKey;
  readonly generation: string;
  readonly act: SlotAct;
  /** Null leaves the position as it was. */
  readonly position: string | null;
  /** As its take says it: what may not be taken from anybody may be several clients', see **Others**. */
  readonly from: 'anybody' | 'nobody';
}

/** `replaced`: somebody else has taken the slot, and nothing was written. `missing`: there is no slot, and none was made. */
export type SlotWritten = 'written' | 'replaced' | 'missing';

/**
 * Where streams stand whose clients do nothing for it.
 *
 * - **Fencing**: a take is one atomic step. Of all generations the newest alone may write; what an older one writes changes
 *   nothing, however late it comes, and it does not get the slot back.
 * - **Order**: what one process asks for happens in the order in which it asked.
 * - **Others**: what is not taken from anybody may be several clients' who live at the same time, or one after the other. Whoever finds it
 *   held, and goes on without, asks again from time to time (`renewEveryMs`), from nobody. As long as somebody may come back who has
 *   asked in vain, or had the slot before its holder, a take says no position, and of a slot that is not there that it may have been lost.
 *   Of one that is made again nobody knows any more who had asked.
 * - **Loss**: a store that has lost what it had says so to whoever finds no slot, for as long as one that was lost would have lived.
 *   So does one that may have come back from an older copy of what it had: another server than the one before, or the same, restarted.
 *   Of such a slot it keeps no position before its client has one. What was never used is known by `declareNew`: without it,
 *   a store that has nothing may have lost it.
 * - **Silence**: each process says at least every `hearEvery` that it is there. Where none could for `windowMs`, since the store or all of
 *   them stood still, slots have ended that nobody could renew or leave: they were lost when the last one was heard.
 * - **Life**: a slot lives for `windowMs` after its holder has left it, and for at least so long after its holder was last
 *   heard of: who holds one renews it at least every `renewEveryMs`.
 * - **Bounds**: a viewer has at most `maxPerViewer`. Where they have as many, those that nobody holds make room, the oldest first. To
 *   whoever finds no slot the store says so, for as long as those would have lived.
 *   Who takes a slot from somebody who has not left it, more than `maxTakeovers` times within a minute, is refused until nobody
 *   has tried for a minute.
 * - **Errors**: a shared store that is away rejects with `Unavailable`. What was asked for may have happened: asking again
 *   with the same generation does no harm.
 */
export interface Slots {
  readonly renewEveryMs: number;
  /** Nothing was ever kept here: nothing of it can have been lost. */
  declareNew(): Promise<void>;
  take(request: SlotTake): Promise<SlotTaken>;
  /** The outcome of each write, in order. */
  write(writes: readonly SlotWrite[]): Promise<readonly SlotWritten[]>;
  /** Writes positions, as many as `maxMoves` at a time. The outcome of each, in order. */
  move(moves: readonly SlotMove[]): Promise<readonly SlotWritten[]>;
  /** Deletes all slots of a viewer, whoever holds them. */
  deleteAll(viewer: SlotKey['viewer']): Promise<void>;
  /** Tells the process that held a slot that it was replaced. May be lost: then it is told when it writes. Never throws. */
  tellReplaced(holder: SlotHolder): void;
  /** Calls `listener` with each generation of this process that another process says it has replaced. Called once. */
  onReplaced(listener: (generation: string) => void): void;
  close(): Promise<void>;
}

export interface SlotBounds {
  readonly windowMs: number;
  readonly maxPerViewer: number;
}

/** A shared store serves nobody else meanwhile: well below a millisecond. */
export const maxMoves = 250;

/** Takes from somebody who has not left, within a minute. */
export const maxTakeovers = 5;
export const takeoverWindowMs = 60_000;

/** How often a holder renews its slots, milliseconds. */
export const renewEvery = ({ windowMs }: Pick<SlotBounds, 'windowMs'>): number => Math.ceil(windowMs / 2);

/** How often a process says that it is there, milliseconds. */
export const hearEvery = ({ windowMs }: Pick<SlotBounds, 'windowMs'>): number =>
  Math.max(100, Math.ceil(windowMs / 8));

/** How long a slot is kept that is not renewed, milliseconds: its holder may have ended just before it would have. */
export const heldFor = (bounds: Pick<SlotBounds, 'windowMs'>): number => bounds.windowMs + renewEvery(bounds);

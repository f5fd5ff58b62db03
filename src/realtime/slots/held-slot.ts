/** The slot of one operation on a connection of this process: what its client has received, and who may say so. */
import { combineVersions, type ShownVersions } from '../cursors/snapshot-versions.ts';
import type { PreparedOperation, Variables } from '../prepared-operation.ts';
import type { Answerer } from '../receipts/receipt.ts';
import type { Place, Resumption, ResumptionRequest, StreamPosition } from '../resumption.ts';
import type { SlotKey, SlotMove, SlotWrite } from '../../stores/slots/slots.ts';
import { formatPosition } from './position-text.ts';
import { isSharedId, slotKeyOf } from './slot-key.ts';
import type { SlotKeeper } from './slot-keeper.ts';

/** The connection that an operation is on. */
export interface SlotOwner {
  /** Somebody else has taken the slot: nothing more of this operation may be sent, and the connection is a ghost. */
  replaced(): void;
  /** The slot is not there any more. It is made again once the client has shown that it is here. */
  doubted(): void;
}

export interface HeldSlotOptions {
  readonly viewerId: string;
  readonly operationId: string;
  readonly owner: SlotOwner;
  /** Aborted when nobody waits for the operation to begin any more. */
  readonly signal: AbortSignal;
}

/**
 * - `idle`: nobody has asked for it yet.
 * - `away`: it was asked for while the store was away; it is taken when that is back.
 * - `held`: it was taken, or is just being taken.
 * - `doubted`: it was held, and is not there any more.
 * - `beside`: somebody else holds it who lives; it is taken when that has ended.
 * - `over`: it was replaced, left, deleted or refused.
 */
type State = 'idle' | 'away' | 'held' | 'doubted' | 'beside' | 'over';

export class HeldSlot implements Resumption {
  readonly generation: string;
  readonly owner: SlotOwner;
  /** Whether others that live may have the same operation under the same id: it is taken only from who is gone. */
  readonly isShared: boolean;
  /** Null once its place was found. */
  signal: AbortSignal | null;
  /** When it was renewed, by `Clock.elapsed`. */
  renewedAt = 0;
  /** Null until somebody has asked for it. */
  key: SlotKey | null = null;
  state: State = 'idle';
  /** For `SlotReports` alone: whether it has to be moved. */
  isMoved = false;
  /** For `SlotsHere` alone: who had asked for the same slot before, and was not answered then. */
  elder: HeldSlot | null = null;
  /** For its keeper: whether the store has not said yet what came of taking it, so that nothing may be written over where its client is. */
  isAsked = false;
  /** Whether its client has shown that it is on this connection, since somebody set it to false. */
  isHere = false;
  readonly #keeper: SlotKeeper;
  readonly #viewerId: string;
  readonly #operationId: string;
  #finding: Promise<Place | null> | undefined;
  #stream: { readonly position: StreamPosition | null } | null = null;
  /** What snapshots had shown its client before its stream began, which nobody knew then. */
  #shown: ShownVersions | null = null;
  /** Those of the stream, as its client has them. */
  #versions: ShownVersions | null = null;
  /** What was written when its client was asked last. */
  #asked: StreamPosition | null = null;
  /** What its client has. */
  #acknowledged: StreamPosition | null = null;
  /** Where it began, as the store has it. */
  #base: string | null = null;
  /** Whether the store does not know `#acknowledged` yet. */
  #isNew = false;

  constructor(keeper: SlotKeeper, generation: string, options: HeldSlotOptions) {
    this.#keeper = keeper;
    this.generation = generation;
    this.#viewerId = options.viewerId;
    this.#operationId = options.operationId;
    this.owner = options.owner;
    this.isShared = isSharedId(options.operationId);
    this.signal = options.signal;
  }

  find({ operation, variables, begin }: ResumptionRequest): Promise<Place | null> {
    if (this.#finding) return this.#finding;
    this.key = this.#keyOf(operation, variables);
    this.#finding = this.#keeper.take(this, begin && formatPosition({ snapshotVersions: null, ...begin }));
    return this.#finding;
  }

  /** For its keeper: this was found. Not known before: a renewal may come first, and would write over what was kept. */
  place(found: Place | null, begin: string | null): Place | null {
    this.signal = null;
    if (found === null || found === 'unknown') {
      this.#base = begin;
    } else {
      this.#base = formatPosition({ snapshotVersions: null, ...found });
    }
    return found;
  }

  /** What its client has; null where it has not said so since it came, nor the store. */
  get acknowledged(): StreamPosition | null {
    return this.#acknowledged;
  }

  /**
   * It was taken late: its stream had begun without it, maybe behind an old cursor. `place`: what the store says that its client has,
   * which is not told back by what the stream shows once more, nor forgotten because the stream does not know of it.
   */
  goOnFrom(place: Place | null): void {
    const before = this.#acknowledged;
    if (place === null || place === 'unknown' || this.isShared) return;
    this.#shown = place.snapshotVersions ?? null;
    const isAhead = before && (before.epoch !== place.epoch || before.offset >= place.offset);
    const snapshotVersions = this.#versions;
    this.#acknowledged = this.#withShown(isAhead ? before : { ...place, snapshotVersions });
  }

  #withShown(position: StreamPosition): StreamPosition {
    if (this.#shown === null) return position;
    const snapshotVersions = combineVersions(this.#shown, position.snapshotVersions);
    return { ...position, snapshotVersions, text: undefined };
  }

  /** Its stream begins. */
  attach(stream: { readonly position: StreamPosition | null }): void {
    this.#stream = stream;
    this.#finding = undefined;
  }

  /** The client is asked now whether it has everything that was written so far. */
  ask(): void {
    this.#asked = this.#stream?.position ?? null;
  }

  /** The client is on this connection. */
  noteHere(): void {
    if (this.state === 'doubted') this.#keeper.restore(this);
    this.isHere = true;
  }

  /** The client has everything that was written when it was asked. `by`: who says so; null where nobody does, and it is here all the same. */
  acknowledge(by: Answerer | null): void {
    this.noteHere();
    if (by === null) return;
    const asked = this.#asked;
    this.#asked = null;
    if (!asked || this.state === 'over') return;
    const before = this.#acknowledged;
    // Where they are at the same place of the log, it may have been shown another snapshot since.
    const isSame = before?.offset === asked.offset && this.#versions === asked.snapshotVersions;
    if (before?.epoch === asked.epoch && (before.offset > asked.offset || isSame)) return;
    this.#versions = asked.snapshotVersions;
    this.#acknowledged = this.#withShown(asked);
    this.#isNew = true;
    this.#keeper.reports.noteMoved(this);
  }

  /** The position, which the store does not know; null where it does. */
  toMove(): SlotMove | null {
    if (!this.#isNew || this.isAsked) return null;
    this.#isNew = false;
    return { key: this.key!, generation: this.generation, position: this.text()! };
  }

  /** A write; `isWhole`: with the position, also where the store knows it, since it may lose that, or what is on its way. */
  toWrite(act: SlotWrite['act'], isWhole: boolean): SlotWrite {
    const { generation } = this;
    const position = isWhole && !this.isAsked ? this.text() : null;
    this.#isNew &&= this.isAsked;
    return { key: this.key!, generation, act, position, from: this.isShared ? 'nobody' : 'anybody' };
  }

  /** What was to be written was not. */
  requeue(): void {
    this.#isNew = this.#acknowledged !== null;
  }

  /** The connection is gone: the client may come back. Resolves when that is known to all, or cannot be told now. */
  leave(): Promise<void> {
    return this.#keeper.end(this, 'end');
  }

  /** The operation has ended. */
  delete(): void {
    void this.#keeper.end(this, 'delete');
  }

  /** The operation was refused for good, maybe before its place was looked for. */
  refuse(operation: PreparedOperation, variables: Variables): void {
    if (this.state === 'over') return;
    if (this.state !== 'idle') return this.delete();
    this.key = this.#keyOf(operation, variables);
    void this.#keeper.end(this, 'drop');
  }

  /** What its client has; null where that is not known. */
  text(): string | null {
    return this.#acknowledged ? formatPosition(this.#acknowledged) : this.#base;
  }

  #keyOf(operation: PreparedOperation, variables: Variables): SlotKey {
    const { viewerId, operationId } = { viewerId: this.#viewerId, operationId: this.#operationId };
    return slotKeyOf({ viewerId, operationId, operation, variables });
  }
}

/** The store of slots as one process has it, whose answers the referee hears of. */
import { Unavailable } from '../../src/lib/unavailable.ts';
import {
  heldFor,
  type Slots,
  type SlotMove,
  type SlotTake,
  type SlotTaken,
  type SlotWrite,
  type SlotWritten,
} from '../../src/stores/slots/slots.ts';
import type { Holders } from '../../src/realtime/slots/taking.ts';
import type { StoredCount } from './record.ts';
import { windowMs, type Referee } from './referee.ts';
import type { Holding, StockOperation } from './stock-operation.ts';

export interface WatchedSlotsOptions {
  readonly slots: Slots;
  readonly referee: Referee;
  readonly now: () => number;
  /** What the record has now. */
  readonly truth: () => readonly StoredCount[];
  readonly note: (what: () => string) => void;
  /** The store has not answered in time. */
  readonly onAway: () => void;
}

const said = (taken: Exclude<SlotTaken, { outcome: 'held' }>): string =>
  taken.outcome === 'new'
    ? `${taken.lostAt ?? ''}`
    : `${taken.position}${taken.outcome === 'taken' && taken.replaced ? ', replaced' : ''}`;

/** Which of two the store has taken later; where nobody knows, that is the one which was begun later. */
function isLater(one: Holding, other: Holding): boolean {
  if (one.replaces === other || other.replaces === one) return one.replaces === other;
  return one.number >= other.number || (other.taken?.answeredAt ?? Infinity) < one.taken!.askedAt;
}

export class WatchedSlots implements Slots {
  readonly renewEveryMs: number;
  readonly #slots: Slots;
  readonly #referee: Referee;
  readonly #now: () => number;
  readonly #truth: () => readonly StoredCount[];
  readonly #note: (what: () => string) => void;
  readonly #onAway: () => void;

  constructor({ slots, referee, now, truth, note, onAway }: WatchedSlotsOptions) {
    this.renewEveryMs = slots.renewEveryMs;
    this.#slots = slots;
    this.#referee = referee;
    this.#now = now;
    this.#truth = truth;
    this.#note = note;
    this.#onAway = onAway;
  }

  async take(request: SlotTake): Promise<SlotTaken> {
    const holding = this.#referee.holding(request.generation);
    const { operation, acknowledged } = holding;
    if (operation.isShared) return this.#takeShared(request, holding);
    const { losses } = operation;
    const at = this.#now();
    const settled = new Map(operation.told);
    const { hasPlace, keptAt } = operation;
    const askedAt = this.#referee.moment();
    // Until it is answered: it may be done much later, or not at all.
    holding.taken = null;
    const taken = await this.#checked(this.#slots.take(request));
    holding.isAnswered = true;
    if (taken.outcome === 'held') throw new Error('It is to be taken from anybody.');
    this.#note(() => `is told of the slot of ${holding.label}: ${taken.outcome} ${said(taken)}`);
    // What was answered before it was lost says nothing of what is there now.
    if (losses !== operation.losses) {
      // It may have been made behind the loss, where its stream begins without a word.
      const isOwn = taken.outcome === 'taken' && taken.position === request.begin && request.begin !== null;
      if (isOwn && !holding.hasBegun) operation.beginAnew(this.#truth());
      return taken;
    }
    if (taken.outcome === 'refused') {
      holding.isContested = true;
      if (taken.why === 'full') this.#referee.find(`${operation.label} finds no room for its slot`);
      return taken;
    }
    holding.taken = { askedAt, answeredAt: this.#referee.moment(), losses };
    // It may be new without saying so: its first answer was lost.
    const isLost = taken.lostAt !== null;
    const isFirst = taken.outcome === 'new' || isLost || !operation.hasPlace || operation.known.size === 0;
    if (taken.outcome === 'new' && operation.deletionAskedAt === null) {
      if (hasPlace && operation.hasPlace) this.#checkLoss(holding, at);
      else if (!isLost && at - keptAt < windowMs)
        this.#referee.find(`${operation.label} is new to the store, ${at - keptAt} ms after it had a slot`);
    }
    // What this process asked for later happens later.
    if (operation.deletionAskedAt !== null && operation.deletionAskedAt < askedAt)
      operation.deletionAskedAt = null;
    holding.isLost = isLost && operation.keptAt !== -Infinity;
    const hasPosition = taken.outcome === 'new' ? request.begin !== null && !isLost : taken.position !== null;
    // Others may have taken meanwhile what is new here.
    const isNewest = (operation.latest?.taken?.answeredAt ?? 0) < askedAt;
    const isOwn = taken.outcome === 'new' || taken.position === request.begin;
    if (isFirst && isNewest)
      operation.beginPlace(hasPosition ? (isOwn ? acknowledged : new Map<string, number>()) : null);
    else if (!hasPosition && taken.outcome === 'taken' && hasPlace)
      this.#referee.find(`the slot of ${operation.label} has no position any more`);
    // Behind what somebody has written its client is owed everything, whatever the store has lost.
    const isOwed = hasPosition && !isOwn && operation.known.size > 0;
    if (isFirst && request.begin !== null && !holding.hasBegun && !isOwed)
      this.#beginAnew(operation, hasPosition, at);
    if (!holding.hasBegun && taken.outcome === 'taken') holding.settled = settled;
    holding.takenAt = this.#now();
    const replaced = taken.outcome === 'taken' && taken.replaced ? taken.replaced.generation : null;
    holding.replaces = replaced === null ? null : this.#referee.holding(replaced);
    // Another answer may have come meanwhile.
    const { latest } = operation;
    if (!latest || isLater(holding, latest)) operation.latest = holding;
    operation.keep(at);
    return taken;
  }

  /** Of a slot that others may have, who may come for it at any time. What its client is owed its client alone knows. */
  async #takeShared(request: SlotTake, holding: Holding): Promise<SlotTaken> {
    const { operation } = holding;
    const at = this.#now();
    if (!holding.hasBegun && !holding.isAnswered)
      holding.isOwedNothing = operation.isOwedNothing(at, windowMs);
    const taken = await this.#checked(this.#slots.take(request));
    holding.isAnswered = true;
    const { outcome } = taken;
    this.#note(
      () => `is told of the slot of ${holding.label}: ${outcome} ${outcome === 'held' ? '' : said(taken)}`,
    );
    if (outcome === 'refused') return taken;
    operation.keep(at);
    if (outcome === 'held') return taken;
    this.#referee.noteKept(holding);
    if (outcome === 'taken' && taken.replaced)
      this.#referee.noteTaken(this.#referee.holding(taken.replaced.generation));
    return taken;
  }

  /** Asks others who holds a slot, which others may have, and has the referee hear what they say. */
  askingWhoHolds(ask: Holders['isHeldElsewhere']): Holders['isHeldElsewhere'] {
    return async (generation) => {
      const holding = this.#referee.holding(generation);
      const at = this.#now();
      const isHeld = await ask(generation);
      this.#note(() => `hears that the slot of ${holding.label} is ${isHeld ? 'held' : 'not held'}`);
      if (!isHeld) this.#referee.noteGone(holding, at);
      return isHeld;
    };
  }

  write(writes: readonly SlotWrite[]): Promise<readonly SlotWritten[]> {
    return this.#noted(writes, this.#slots.write(writes));
  }

  move(moves: readonly SlotMove[]): Promise<readonly SlotWritten[]> {
    return this.#noted(
      moves.map((move) => ({ ...move, act: 'move' })),
      this.#slots.move(moves),
    );
  }

  async #noted(
    writes: readonly { generation: string; act: SlotWrite['act'] | 'move'; position: string | null }[],
    writing: Promise<readonly SlotWritten[]>,
  ): Promise<readonly SlotWritten[]> {
    const at = this.#now();
    const askedAt = this.#referee.moment();
    const noted = writes.map(({ generation, position }) => {
      const holding = this.#referee.holding(generation);
      const { operation } = holding;
      const versions = position === null ? null : holding.acknowledgedAt(position);
      return { holding, operation, losses: operation.losses, versions };
    });
    // What is made again may be, though nobody hears of it.
    noted.forEach(({ holding }, index) => {
      const { act } = writes[index]!;
      if (act === 'restore') holding.taken = null;
      else if (act === 'delete' || act === 'drop') holding.operation.deletionAskedAt = askedAt;
      if (act === 'end' || act === 'delete') holding.isLeft = true;
    });
    const written = await this.#checked(writing);
    noted.forEach(({ holding, operation, losses, versions }, index) => {
      const { act, position } = writes[index]!;
      this.#note(() => `has done with the slot of ${holding.label}: ${act} ${position}, ${written[index]}`);
      if (operation.isShared) return this.#noteShared(holding, act, written[index]!, at);
      if (written[index] === 'replaced') holding.isReplaced = true;
      if (act === 'end' && written[index] === 'missing' && position !== null)
        this.#referee.noteLostEnd(holding);
      if (written[index] !== 'written' || losses !== operation.losses) return;
      // What nobody has any more is made again by whoever comes first, and deleted by anybody.
      if (act === 'restore') holding.taken = { askedAt, answeredAt: this.#referee.moment(), losses };
      else if (act !== 'drop') this.#referee.noteWritten(holding, askedAt);
      if (act === 'delete' || act === 'drop') return operation.endPlace();
      if (versions) operation.tell(versions);
      if (act !== 'move') operation.keep(at);
    });
    return written;
  }

  #noteShared(holding: Holding, act: SlotWrite['act'] | 'move', written: SlotWritten, at: number): void {
    if (written === 'replaced') this.#referee.noteTaken(holding);
    if (written !== 'written' || act === 'move') return;
    holding.operation.keep(at);
    this.#referee.noteKept(holding);
  }

  declareNew: Slots['declareNew'] = () => this.#slots.declareNew();

  tellReplaced: Slots['tellReplaced'] = (holder) => this.#slots.tellReplaced(holder);

  onReplaced: Slots['onReplaced'] = (listener) =>
    this.#slots.onReplaced((generation) => {
      const holding = this.#referee.holding(generation);
      if (holding.operation.isShared) this.#referee.noteTaken(holding);
      listener(generation);
    });

  deleteAll: Slots['deleteAll'] = (...args) => this.#slots.deleteAll(...args);

  close(): Promise<void> {
    return this.#slots.close();
  }

  /** A store may be away. Whatever else it says is a mistake. */
  async #checked<T>(asking: Promise<T>): Promise<T> {
    try {
      return await asking;
    } catch (error) {
      if (error instanceof Unavailable) this.#onAway();
      else this.#referee.find(`the store of slots refuses: ${String(error)}`);
      throw error;
    }
  }

  /** Without a position the stream looks back, and tells: what is older than a slot lives its client may have missed. */
  #beginAnew(operation: StockOperation, hasPosition: boolean, at: number): void {
    const isOlder = ({ changedAt }: StoredCount) => changedAt < at - heldFor({ windowMs });
    if (hasPosition || operation.keptAt === -Infinity) operation.beginAnew(this.#truth());
    else operation.excuse(this.#truth().filter(isOlder));
  }

  #checkLoss({ operation }: Holding, at: number): void {
    const keptForMs = at - operation.placeKeptAt;
    if (keptForMs < windowMs)
      this.#referee.find(`the slot of ${operation.label} is gone, ${keptForMs} ms after it was kept`);
  }
}

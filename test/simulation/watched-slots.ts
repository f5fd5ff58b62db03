/** The store of slots as one process has it, whose answers the referee hears of. */
import { Unavailable } from '../../src/lib/unavailable.ts';
import type {
  Slots,
  SlotMove,
  SlotTake,
  SlotTaken,
  SlotWrite,
  SlotWritten,
} from '../../src/stores/slots/slots.ts';
import type { Count } from './record.ts';
import { windowMs, type Referee } from './referee.ts';
import type { Holding } from './stock-operation.ts';

export interface WatchedSlotsOptions {
  readonly slots: Slots;
  readonly referee: Referee;
  readonly now: () => number;
  /** What the record has now. */
  readonly truth: () => readonly Count[];
  readonly note: (what: string) => void;
}

const said = (taken: SlotTaken): string =>
  taken.outcome === 'new'
    ? ''
    : `${taken.position}${taken.outcome === 'taken' && taken.replaced ? ', replaced' : ''}`;

export class WatchedSlots implements Slots {
  readonly renewEveryMs: number;
  readonly #slots: Slots;
  readonly #referee: Referee;
  readonly #now: () => number;
  readonly #truth: () => readonly Count[];
  readonly #note: (what: string) => void;

  constructor({ slots, referee, now, truth, note }: WatchedSlotsOptions) {
    this.renewEveryMs = slots.renewEveryMs;
    this.#slots = slots;
    this.#referee = referee;
    this.#now = now;
    this.#truth = truth;
    this.#note = note;
  }

  async take(request: SlotTake): Promise<SlotTaken> {
    const holding = this.#referee.holding(request.generation);
    const { operation, acknowledged } = holding;
    const { latest, losses } = operation;
    const at = this.#now();
    const settled = new Map(operation.told);
    const taken = await this.#checked(this.#slots.take(request));
    this.#note(`is told of the slot of ${operation.label}: ${taken.outcome} ${said(taken)}`);
    // What was answered before it was lost says nothing of what is there now.
    if (losses !== operation.losses) return taken;
    if (taken.outcome === 'refused') {
      holding.isContested = true;
      if (taken.why === 'full') this.#referee.find(`${operation.label} finds no room for its slot`);
      return taken;
    }
    // It may be new without saying so: its first answer was lost.
    const isFirst = taken.outcome === 'new' || !operation.hasPlace || operation.known.size === 0;
    if (taken.outcome === 'new') this.#checkLoss(holding, at);
    if (isFirst) operation.beginPlace(request.begin === null ? null : acknowledged);
    else if (taken.outcome === 'taken' && taken.position === null)
      this.#referee.find(`the slot of ${operation.label} has no position any more`);
    if (isFirst && request.begin !== null && !holding.hasBegun) operation.beginAnew(this.#truth());
    if (!holding.hasBegun && taken.outcome === 'taken') holding.settled = settled;
    holding.hasReplaced = taken.outcome === 'taken' && taken.replaced !== null;
    holding.takenAt = this.#now();
    if (!latest || latest.number <= holding.number) operation.latest = holding;
    operation.keptAt = at;
    return taken;
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
    const noted = writes.map(({ generation, position }) => {
      const holding = this.#referee.holding(generation);
      const { acknowledged, operation } = holding;
      return { operation, losses: operation.losses, versions: position === null ? null : acknowledged };
    });
    const written = await this.#checked(writing);
    noted.forEach(({ operation, losses, versions }, index) => {
      const { act: done, position } = writes[index]!;
      this.#note(`has done with the slot of ${operation.label}: ${done} ${position}, ${written[index]}`);
      if (written[index] !== 'written' || losses !== operation.losses) return;
      const { act } = writes[index]!;
      if (act === 'delete' || act === 'drop') return operation.beginPlace(null);
      if (versions) operation.tell(versions);
      if (act !== 'move') operation.keptAt = at;
    });
    return written;
  }

  tellReplaced: Slots['tellReplaced'] = (holder) => this.#slots.tellReplaced(holder);

  onReplaced: Slots['onReplaced'] = (listener) => this.#slots.onReplaced(listener);

  deleteAll: Slots['deleteAll'] = (...args) => this.#slots.deleteAll(...args);

  close(): Promise<void> {
    return this.#slots.close();
  }

  /** A store may be away. Whatever else it says is a mistake. */
  async #checked<T>(asking: Promise<T>): Promise<T> {
    try {
      return await asking;
    } catch (error) {
      if (!(error instanceof Unavailable)) this.#referee.find(`the store of slots refuses: ${String(error)}`);
      throw error;
    }
  }

  #checkLoss({ operation }: Holding, at: number): void {
    if (operation.hasPlace && at - operation.keptAt < windowMs)
      this.#referee.find(
        `the slot of ${operation.label} is gone, ${at - operation.keptAt} ms after it was kept`,
      );
  }
}

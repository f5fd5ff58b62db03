/** What a process has to tell the store of slots: positions at intervals, renewals, and ends that could not be told at once. */
import type { Clock } from '../../lib/clock.ts';
import { Unavailable } from '../../lib/unavailable.ts';
import {
  maxMoves,
  type SlotMove,
  type Slots,
  type SlotWrite,
  type SlotWritten,
} from '../../stores/slots/slots.ts';
import type { HeldSlot } from './held-slot.ts';

export interface SlotReportsOptions {
  readonly slots: Slots;
  readonly clock: Clock;
  /** Somebody else has taken it. */
  readonly onReplaced: (held: HeldSlot) => void;
  /** The store refuses what is asked of it, which is no outage. */
  readonly onFailure: (error: unknown) => void;
}

/** Renewals of one report at the most: of more, the others have time until the next one. */
const maxRenewals = 2_000;
/** When they are renewed, of the time after which they have to be: who cannot has time to send its clients elsewhere before that. */
const renewAt = 0.5;
/** Ends that wait for a store that is away. Of more, the slots end by themselves, later. */
const maxUnsent = 50_000;

export class SlotReports {
  readonly #options: SlotReportsOptions;
  /** Those that are held, by when they were renewed. */
  readonly #held = new Set<HeldSlot>();
  /** Those of which `isMoved` is true, and some that were to be moved before. */
  #moved: HeldSlot[] = [];
  readonly #toRenew = new Set<HeldSlot>();
  readonly #toRestore = new Set<HeldSlot>();
  #unsent: SlotWrite[] = [];

  constructor(options: SlotReportsOptions) {
    this.#options = options;
  }

  add(held: HeldSlot): void {
    this.#held.add(held);
  }

  delete(held: HeldSlot): void {
    held.isMoved = false;
    for (const set of [this.#held, this.#toRenew, this.#toRestore]) set.delete(held);
  }

  noteMoved(held: HeldSlot): void {
    if (held.isMoved || !this.#held.has(held)) return;
    held.isMoved = true;
    this.#moved.push(held);
  }

  restore(held: HeldSlot): void {
    if (this.#held.has(held)) this.#toRestore.add(held);
  }

  renewAll(): void {
    for (const held of this.#held) this.#renew(held);
  }

  /** Tells of an end. Resolves when it was told, or has to wait for the store. */
  async tell(write: SlotWrite): Promise<void> {
    try {
      await this.#leave([write]);
    } catch (error) {
      this.#options.onFailure(error);
      if (error instanceof Unavailable && this.#unsent.length < maxUnsent) this.#unsent.push(write);
    }
  }

  /** Tells everything that there is to tell. Never rejects: what could not be told is told the next time. */
  async send(): Promise<void> {
    await this.#sendUnsent();
    this.#findDue();
    await this.#write([...new Set([...this.#toRestore, ...this.#toRenew])]);
    // Those that move meanwhile have time until the next report.
    const moved = this.#moved;
    this.#moved = [];
    await this.#move(moved);
  }

  async #write(due: readonly HeldSlot[]): Promise<void> {
    if (due.length === 0) return;
    const writes = due.map((held) => this.#writeOf(held));
    try {
      const written = await this.#options.slots.write(writes);
      due.forEach((held, index) => this.#take(held, writes[index]!.act, written[index]!));
    } catch (error) {
      due.forEach((held, index) => this.#requeue(held, this.#setOf(writes[index]!.act)));
      this.#options.onFailure(error);
    }
  }

  /** A few at a time, so that nobody else waits for long, here and in the store. */
  async #move(moved: readonly HeldSlot[]): Promise<void> {
    for (let start = 0; start < moved.length; start += maxMoves) {
      const due: HeldSlot[] = [];
      const moves: SlotMove[] = [];
      for (const held of moved.slice(start, start + maxMoves)) {
        // Others may have ended, or were told of, while those before them were moved.
        if (!held.isMoved) continue;
        held.isMoved = false;
        const move = held.toMove();
        if (move === null) continue;
        due.push(held);
        moves.push(move);
      }
      if (moves.length === 0) continue;
      try {
        const written = await this.#options.slots.move(moves);
        due.forEach((held, index) => this.#take(held, 'move', written[index]!));
      } catch (error) {
        for (const held of due) this.#moveAgain(held);
        this.#moved = this.#moved.concat(moved.slice(start + maxMoves));
        this.#options.onFailure(error);
        return;
      }
    }
  }

  async #sendUnsent(): Promise<void> {
    if (this.#unsent.length === 0) return;
    const unsent = this.#unsent;
    this.#unsent = [];
    try {
      await this.#leave(unsent);
    } catch (error) {
      if (error instanceof Unavailable) this.#unsent = [...unsent, ...this.#unsent].slice(0, maxUnsent);
      this.#options.onFailure(error);
    }
  }

  /** The store may have lost what is left now, and its holder may not have heard of that: it is made again, and left. */
  async #leave(writes: readonly SlotWrite[]): Promise<void> {
    const { slots } = this.#options;
    const written = await slots.write(writes);
    const lost = writes.filter(
      ({ act, position }, index) => act === 'end' && position !== null && written[index] === 'missing',
    );
    if (lost.length === 0) return;
    await slots.write(lost.flatMap((write): SlotWrite[] => [{ ...write, act: 'restore' }, write]));
  }

  /** Those that were renewed first stand first. */
  #findDue(): void {
    const { slots, clock } = this.#options;
    const dueBefore = clock.elapsed() - renewAt * slots.renewEveryMs;
    for (const held of this.#held) {
      if (held.renewedAt > dueBefore || this.#toRenew.size >= maxRenewals) return;
      this.#renew(held);
      this.#toEnd(held);
    }
  }

  /** Others have what is just being asked for, as far as anybody knows. */
  #renew(held: HeldSlot): void {
    if (!held.isAsked) this.#toRenew.add(held);
  }

  #toEnd(held: HeldSlot): void {
    held.renewedAt = this.#options.clock.elapsed();
    this.#held.delete(held);
    this.#held.add(held);
  }

  #writeOf(held: HeldSlot): SlotWrite {
    held.isMoved = false;
    this.#toRenew.delete(held);
    return held.toWrite(this.#toRestore.delete(held) ? 'restore' : 'renew', true);
  }

  #take(held: HeldSlot, act: SlotWrite['act'] | 'move', written: SlotWritten): void {
    if (held.state !== 'held' || written === 'written') return;
    if (written === 'replaced') return this.#options.onReplaced(held);
    // There is no room for it any more.
    if (act === 'restore') return this.delete(held);
    held.state = 'doubted';
    held.owner.doubted();
  }

  #setOf(act: SlotWrite['act']): Set<HeldSlot> {
    return act === 'restore' ? this.#toRestore : this.#toRenew;
  }

  #moveAgain(held: HeldSlot): void {
    if (held.state !== 'held') return;
    held.requeue();
    this.noteMoved(held);
  }

  #requeue(held: HeldSlot, set: Set<HeldSlot>): void {
    if (held.state !== 'held') return;
    held.requeue();
    set.add(held);
  }
}

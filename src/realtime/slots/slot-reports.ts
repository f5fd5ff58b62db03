/** What a process has to tell the store of slots: positions at intervals, renewals, and ends that could not be told at once. */
import type { Clock } from '../../lib/clock.ts';
import { Unavailable } from '../../lib/unavailable.ts';
import type { Slots, SlotWrite, SlotWritten } from '../../stores/slots/slots.ts';
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
/** Ends that wait for a store that is away. Of more, the slots end by themselves, later. */
const maxUnsent = 50_000;

export class SlotReports {
  readonly #options: SlotReportsOptions;
  /** Those that are held, by when they were renewed. */
  readonly #held = new Set<HeldSlot>();
  readonly #moved = new Set<HeldSlot>();
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
    for (const set of [this.#held, this.#moved, this.#toRenew, this.#toRestore]) set.delete(held);
  }

  noteMoved(held: HeldSlot): void {
    if (this.#held.has(held)) this.#moved.add(held);
  }

  restore(held: HeldSlot): void {
    if (this.#held.has(held)) this.#toRestore.add(held);
  }

  renewAll(): void {
    for (const held of this.#held) this.#toRenew.add(held);
  }

  /** Tells of an end. Resolves when it was told, or has to wait for the store. */
  async tell(write: SlotWrite): Promise<void> {
    try {
      await this.#options.slots.write([write]);
    } catch (error) {
      this.#options.onFailure(error);
      if (error instanceof Unavailable && this.#unsent.length < maxUnsent) this.#unsent.push(write);
    }
  }

  /** Tells everything that there is to tell. Never rejects: what could not be told is told the next time. */
  async send(): Promise<void> {
    await this.#sendUnsent();
    this.#findDue();
    const due = [...new Set([...this.#toRestore, ...this.#toRenew, ...this.#moved])];
    if (due.length === 0) return;
    const writes = due.map((held) => this.#writeOf(held));
    try {
      const written = await this.#options.slots.write(writes);
      due.forEach((held, index) => this.#take(held, writes[index]!, written[index]!));
    } catch (error) {
      due.forEach((held, index) => this.#requeue(held, writes[index]!));
      this.#options.onFailure(error);
    }
  }

  async #sendUnsent(): Promise<void> {
    if (this.#unsent.length === 0) return;
    const unsent = this.#unsent;
    this.#unsent = [];
    try {
      await this.#options.slots.write(unsent);
    } catch (error) {
      if (error instanceof Unavailable) this.#unsent = [...unsent, ...this.#unsent].slice(0, maxUnsent);
      this.#options.onFailure(error);
    }
  }

  /** Those that were renewed first stand first. */
  #findDue(): void {
    const { slots, clock } = this.#options;
    const dueBefore = clock.elapsed() - slots.renewEveryMs;
    for (const held of this.#held) {
      if (held.renewedAt > dueBefore || this.#toRenew.size >= maxRenewals) return;
      this.#toRenew.add(held);
      this.#toEnd(held);
    }
  }

  #toEnd(held: HeldSlot): void {
    held.renewedAt = this.#options.clock.elapsed();
    this.#held.delete(held);
    this.#held.add(held);
  }

  #writeOf(held: HeldSlot): SlotWrite {
    this.#moved.delete(held);
    const isRenewal = this.#toRenew.delete(held);
    if (this.#toRestore.delete(held)) return held.toWrite('restore', true);
    return isRenewal ? held.toWrite('renew', true) : held.toWrite('move');
  }

  #take(held: HeldSlot, { act }: SlotWrite, written: SlotWritten): void {
    if (held.state !== 'held' || written === 'written') return;
    if (written === 'replaced') return this.#options.onReplaced(held);
    // There is no room for it any more.
    if (act === 'restore') return this.delete(held);
    held.state = 'doubted';
    held.owner.doubted();
  }

  #requeue(held: HeldSlot, { act }: SlotWrite): void {
    if (held.state !== 'held') return;
    held.requeue();
    const set = act === 'restore' ? this.#toRestore : act === 'renew' ? this.#toRenew : this.#moved;
    set.add(held);
  }
}

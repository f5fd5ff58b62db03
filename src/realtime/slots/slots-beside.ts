/** Slots that others hold who live, and have the same ids: their streams go on without a place, until that is free. */
import type { Clock } from '../../lib/clock.ts';
import type { Slots } from '../../stores/slots/slots.ts';
import type { HeldSlot } from './held-slot.ts';
import type { SlotReports } from './slot-reports.ts';

export interface SlotsBesideOptions {
  readonly slots: Slots;
  readonly clock: Clock;
  readonly reports: Pick<SlotReports, 'noteMoved'>;
  /** Whoever held it beside this one has ended: from now on it is held here. Takes it from those that are beside others. */
  readonly hold: (held: HeldSlot) => void;
}

export class SlotsBeside {
  readonly #options: SlotsBesideOptions;
  /** By generation. */
  readonly #beside = new Map<string, HeldSlot>();

  constructor(options: SlotsBesideOptions) {
    this.#options = options;
  }

  add(held: HeldSlot): void {
    held.state = 'beside';
    this.#beside.set(held.generation, held);
  }

  has(generation: string): boolean {
    return this.#beside.has(generation);
  }

  delete(held: HeldSlot): void {
    this.#beside.delete(held.generation);
  }

  /**
   * Asks again for those of which it is time, so that the store knows that they live: whoever comes back may be one of them. Rejects
   * where the store is away; then they are asked for the next time.
   */
  async askAgain(): Promise<void> {
    const { slots, clock } = this.#options;
    const dueBefore = clock.elapsed() - slots.renewEveryMs;
    const due = [...this.#beside.values()].filter(({ renewedAt }) => renewedAt <= dueBefore);
    await Promise.all(due.map((held) => this.#ask(held)));
  }

  async #ask(held: HeldSlot): Promise<void> {
    const { slots, clock, reports, hold } = this.#options;
    const { generation } = held;
    const taken = await slots.take({ key: held.key!, generation, begin: held.text(), from: 'nobody' });
    held.renewedAt = clock.elapsed();
    if (taken.outcome === 'held' || !this.has(generation)) return;
    // Where there is no room for it, it goes on without a place.
    if (taken.outcome === 'refused') return this.delete(held);
    hold(held);
    held.requeue();
    reports.noteMoved(held);
  }
}

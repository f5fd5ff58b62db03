/** Of slots that several clients may have: who has asked for them in vain, and may come back. */
import type { Clock } from '../../lib/clock.ts';
import type { SlotKey } from './slots.ts';

/** Slots of which that is known at a time. Of more, the oldest are forgotten. */
const maxOthers = 100_000;

export class Others {
  readonly #clock: Clock;
  readonly #keptMs: number;
  /** By viewer and operation: a generation, or null for more than one. */
  readonly #others = new Map<string, { readonly generation: string | null; readonly until: number }>();

  /** `keptMs`: how long somebody may come back, milliseconds. */
  constructor(clock: Clock, keptMs: number) {
    this.#clock = clock;
    this.#keptMs = keptMs;
  }

  /** Their generation, or null for more than one; undefined where there are none. */
  of({ viewer, operation }: SlotKey): string | null | undefined {
    const others = this.#others.get(`${viewer} ${operation}`);
    return others && others.until > this.#clock.elapsed() ? others.generation : undefined;
  }

  note({ viewer, operation }: SlotKey, generation: string | null): void {
    const key = `${viewer} ${operation}`;
    this.#others.delete(key);
    this.#others.set(key, { generation, until: this.#clock.elapsed() + this.#keptMs });
    if (this.#others.size > maxOthers) this.#others.delete(this.#others.keys().next().value!);
  }

  /** Forgets those who can come back no more. */
  sweep(): void {
    const now = this.#clock.elapsed();
    for (const [key, { until }] of this.#others) if (until <= now) this.#others.delete(key);
  }
}

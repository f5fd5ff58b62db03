/** Says at intervals of the subscriptions that this process holds that it is here, and what their routers have taken; and asks whether they are still its own. */
import type { Clock } from '../../../lib/clock.ts';
import type { CallbackStore, CallbackWritten } from '../../../stores/callbacks/callbacks.ts';
import type { HeldCallback } from './held-callback.ts';

export interface RenewalsOptions {
  readonly store: CallbackStore;
  readonly clock: Clock;
  readonly held: ReadonlySet<HeldCallback>;
  /** Somebody else has it. */
  readonly onReplaced: (held: HeldCallback) => void;
  readonly onError: (error: unknown) => void;
}

/** From one report of what routers have taken to the next, milliseconds: so much may be sent again when a process is killed. */
const reportEveryMs = 1_000;
/** So long nobody waits for a store that is away, milliseconds. */
const awayMs = 1_000;

export class Renewals {
  readonly #options: RenewalsOptions;
  #reportedAt = 0;
  /** Until when the store counts as away, by `Clock.elapsed`. */
  #awayUntil = 0;
  #confirming: Promise<void> | undefined;

  constructor(options: RenewalsOptions) {
    this.#options = options;
  }

  /** Renews what is due, and reports; at once where whoever took it would not know where it is. Rejects with the error of the store: then it is due the next time. */
  async run(): Promise<void> {
    const now = this.#options.clock.elapsed();
    const isReport = now - this.#reportedAt >= reportEveryMs;
    if (isReport) this.#reportedAt = now;
    const isDue = ({ state, heldUntil, leaseMs, hasMoved, hasPlace }: HeldCallback) =>
      state === 'held' && ((hasMoved && (isReport || !hasPlace)) || heldUntil - now < leaseMs / 2);
    await this.#renew([...this.#options.held].filter(isDue));
  }

  /** Whether its next message may be sent now: nobody else can have taken it, or nobody can say so. */
  mayPost({ state, heldUntil }: HeldCallback): boolean {
    const now = this.#options.clock.elapsed();
    return state !== 'over' && (state !== 'held' || now < heldUntil || now < this.#awayUntil);
  }

  /** Resolves with whether its next message may be sent: asks the store where that is not sure. Never rejects. */
  async confirm(held: HeldCallback): Promise<boolean> {
    while (held.state !== 'over' && !this.mayPost(held)) {
      this.#confirming ??= this.#confirmLate().finally(() => (this.#confirming = undefined));
      await this.#confirming;
    }
    return held.state !== 'over';
  }

  /**
   * Asks for all whose lease has ended. What was under way when a process was frozen counts as failed when it goes on, though the store is
   * there: so it is asked twice before it counts as away.
   */
  async #confirmLate(): Promise<void> {
    const { clock, held, onError } = this.#options;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const now = clock.elapsed();
      try {
        await this.#renew([...held].filter(({ state, heldUntil }) => state === 'held' && heldUntil <= now));
        return;
      } catch (error) {
        onError(error);
      }
    }
    this.#awayUntil = clock.elapsed() + awayMs;
  }

  async #renew(due: readonly HeldCallback[]): Promise<void> {
    if (due.length === 0) return;
    const { store, clock } = this.#options;
    const askedAt = clock.elapsed();
    const writes = due.map((held) => held.toWrite('renew'));
    try {
      const written = await store.write(writes);
      this.#awayUntil = 0;
      for (const [at, held] of due.entries())
        if (held.generation === writes[at]!.generation) this.#note(held, written[at]!, askedAt);
    } catch (error) {
      for (const held of due) held.requeue();
      throw error;
    }
  }

  #note(held: HeldCallback, written: CallbackWritten, askedAt: number): void {
    if (held.state !== 'held') return;
    if (written === 'replaced') return this.#options.onReplaced(held);
    if (written === 'written') return held.renew(askedAt, this.#options.clock.elapsed());
    held.requeue();
    held.state = 'doubted';
    held.holder?.doubted();
  }
}

/** The leases of a single process, in its memory. Each entry is dropped when its time ends. */
import type { Clock } from '../../lib/clock.ts';
import type { LeaseOutcome, Leases } from './leases.ts';

interface Held {
  readonly isDone: boolean;
  readonly cancelExpiry: () => void;
}

export class LeasesMemory implements Leases {
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  async acquire(key: string, leaseMs: number): Promise<LeaseOutcome> {
    const held = this.#held.get(key);
    if (held) return held.isDone ? 'done' : 'taken';
    this.#hold(key, false, leaseMs);
    return 'acquired';
  }

  async complete(key: string, rememberMs: number): Promise<void> {
    this.#hold(key, true, rememberMs);
  }

  async close(): Promise<void> {
    for (const { cancelExpiry } of this.#held.values()) cancelExpiry();
    this.#held.clear();
  }

  #hold(key: string, isDone: boolean, forMs: number): void {
    this.#held.get(key)?.cancelExpiry();
    const cancelExpiry = this.#clock.after(forMs, () => this.#held.delete(key));
    this.#held.set(key, { isDone, cancelExpiry });
  }
}

/** Pauses that become longer for those who come back too early again and again, and are short again after a while. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from './memory/most-entries.ts';
import type { Clock } from './clock.ts';

export interface GrowingPausesOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** How long after its pause a key is forgotten, milliseconds. */
  readonly forgetMs: number;
  readonly clock: Pick<Clock, 'elapsed'>;
}

interface Pause {
  readonly lengthMs: number;
  readonly endsAt: number;
}

/** How many keys are remembered. With more, the one that was used the longest ago begins anew. */
const maxKeys = 50_000;

export class GrowingPauses {
  readonly #options: GrowingPausesOptions;
  readonly #pauses = new LRUCache<string, Pause>(mostEntries(maxKeys));

  constructor(options: GrowingPausesOptions) {
    this.#options = options;
  }

  /** What is left of the pause of a key, milliseconds. When it is over, the next one is twice as long. */
  next(key: string): number {
    const { firstMs, maxMs, forgetMs, clock } = this.#options;
    const now = clock.elapsed();
    let pause = this.#pauses.get(key);
    if (!pause || pause.endsAt <= now) {
      const isRemembered = pause !== undefined && now < pause.endsAt + forgetMs;
      const lengthMs = isRemembered ? Math.min(2 * pause!.lengthMs, maxMs) : firstMs;
      pause = { lengthMs, endsAt: now + lengthMs };
      this.#pauses.set(key, pause);
    }
    return pause.endsAt - now;
  }
}

/** What a single process knows of tokens. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../lib/memory/most-entries.ts';
import { cacheTime, type Clock } from '../../lib/clock.ts';
import type { TokenVerdict, TokenVerdicts } from './token-verdicts.ts';

/** Kept at most, of the good and of the others each: so a flood of bad tokens pushes out no good one. */
const maxTokens = 10_000;

export class TokenVerdictsMemory implements TokenVerdicts {
  readonly #accepted: LRUCache<string, TokenVerdict>;
  readonly #refused: LRUCache<string, TokenVerdict>;

  constructor({ clock }: { readonly clock: Clock }) {
    const options = { ...mostEntries(maxTokens), ttlResolution: 0, perf: cacheTime(clock) };
    this.#accepted = new LRUCache(options);
    this.#refused = new LRUCache(options);
  }

  async find(tokenHash: string): Promise<TokenVerdict | null> {
    return this.#refused.get(tokenHash) ?? this.#accepted.get(tokenHash) ?? null;
  }

  async note(tokenHash: string, verdict: TokenVerdict, forMs: number): Promise<void> {
    this.#accepted.delete(tokenHash);
    this.#refused.delete(tokenHash);
    // An entry is there until its age is more than its time, and here it is to be gone at that age.
    (verdict === 'accepted' ? this.#accepted : this.#refused).set(tokenHash, verdict, {
      ttl: Math.max(1, forMs - 1),
    });
  }

  async close(): Promise<void> {
    this.#accepted.clear();
    this.#refused.clear();
  }
}

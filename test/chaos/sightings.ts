/** What one client was shown: on which of its connections, when, and when it acknowledged it. */
import type { Sight } from './story.ts';

/** A sight, and on which connection of its client it was: 1 for the first one. */
export interface StockSight extends Sight {
  readonly connection: number;
  /** In the time of `performance.now()`. */
  readonly at: number;
  /** When the client acknowledged it, in the same time; undefined where it did not. */
  acknowledgedAt?: number;
  /** Whether the service has shown that it read that: it asks again only when it has the answer to what it asked before. */
  isKnown?: true;
}

export class Sightings {
  readonly all: StockSight[] = [];
  /** The newest version of each dispatch. */
  readonly newest = new Map<string, number>();
  #connection = 0;
  #connectedAt = 0;
  /** When anything came from the service. */
  #contactAt = performance.now();
  #longestAwayMs = 0;
  /** Where those begin that are not acknowledged and still can be. */
  #open = 0;
  /** Where those begin of which the service has not shown that it knows. */
  #unknown = 0;

  get connection(): number {
    return this.#connection;
  }

  get connectedAt(): number {
    return this.#connectedAt;
  }

  /** The longest time from the last that came on a connection until the next connection. */
  get longestAwayMs(): number {
    return this.#longestAwayMs;
  }

  /** What was not acknowledged on the connection before never will be. */
  connected(): void {
    this.#connection += 1;
    this.#connectedAt = performance.now();
    this.#longestAwayMs = Math.max(this.#longestAwayMs, this.#connectedAt - this.#contactAt);
    this.#contactAt = this.#connectedAt;
    this.#open = this.#unknown = this.all.length;
  }

  note(sight: Sight): void {
    const { id, version } = sight;
    this.newest.set(id, Math.max(version, this.newest.get(id) ?? 0));
    this.#contactAt = performance.now();
    this.all.push({ ...sight, connection: this.#connection, at: this.#contactAt });
  }

  /** The service asks on this connection what there is since. */
  asked(): void {
    for (; this.#unknown < this.#open; this.#unknown += 1) this.all[this.#unknown]!.isKnown = true;
  }

  /** All that was shown on this connection is acknowledged. */
  acknowledge(): void {
    const now = performance.now();
    this.#contactAt = now;
    for (; this.#open < this.all.length; this.#open += 1) this.all[this.#open]!.acknowledgedAt = now;
  }
}

/** What one client was shown: on which of its connections, when, and when it acknowledged it. */
import type { Sight } from './story.ts';

/** A sight, and on which connection of its client it was: 1 for the first one. */
export interface StockSight extends Sight {
  readonly connection: number;
  /** In the time of `performance.now()`. */
  readonly at: number;
  /** When the client acknowledged it, in the same time; undefined where it did not. */
  acknowledgedAt?: number;
}

export class Sightings {
  readonly all: StockSight[] = [];
  /** The newest version of each dispatch. */
  readonly newest = new Map<string, number>();
  #connection = 0;
  #connectedAt = 0;
  /** Where those begin that are not acknowledged and still can be. */
  #open = 0;

  get connection(): number {
    return this.#connection;
  }

  get connectedAt(): number {
    return this.#connectedAt;
  }

  /** What was not acknowledged on the connection before never will be. */
  connected(): void {
    this.#connection += 1;
    this.#connectedAt = performance.now();
    this.#open = this.all.length;
  }

  note({ id, version, isSnapshot }: Sight): void {
    this.newest.set(id, Math.max(version, this.newest.get(id) ?? 0));
    this.all.push({ id, version, isSnapshot, connection: this.#connection, at: performance.now() });
  }

  /** All that was shown on this connection is acknowledged. */
  acknowledge(): void {
    const now = performance.now();
    for (; this.#open < this.all.length; this.#open += 1) this.all[this.#open]!.acknowledgedAt = now;
  }
}

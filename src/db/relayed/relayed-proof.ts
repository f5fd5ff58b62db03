/** Whether the event log still has what was relayed to it last: one that came back from an older copy of its data has not. */
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observability/log.ts';
import type { Database } from '../database.ts';
import { readRelayed, relayAgain, type RelayedEvent } from './relayed-events.ts';

export interface RelayedProofOptions {
  readonly database: Pick<Database, 'query'>;
  /** See `EventLog.findMissing`. */
  readonly findMissing: (events: readonly RelayedEvent[]) => Promise<readonly { readonly id: string }[]>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Events that are looked at in any case: more than may have been appended since the log came back, and before anybody looks. */
const pageSize = 1_000;
/** Pages that are looked at as long as there was something missing in each. */
const maxPages = 20;
/** In a Redis Cluster nobody is told that another node serves, milliseconds. */
const everyMs = 60_000;

/**
 * What such a log has lost is what came last, so the newest events are looked at. Those that are missing are relayed again, to a log that
 * has begun anew: whoever was shown them is shown them, or what they led to, once more, and whoever was not misses nothing.
 */
export class RelayedProof {
  readonly #options: RelayedProofOptions;
  #dueAt = 0;

  constructor(options: RelayedProofOptions) {
    this.#options = options;
  }

  /** The log was away, and may have come back from an older copy. */
  want(): void {
    this.#dueAt = 0;
  }

  /** To be called before anything is relayed. Looks if it is time to. Rejects where it cannot; then it looks the next time. */
  async run(): Promise<void> {
    const { clock, log } = this.#options;
    if (clock.elapsed() < this.#dueAt) return;
    this.#dueAt = clock.elapsed() + everyMs;
    try {
      const missing = await this.#look();
      if (missing > 0)
        log.warn(
          { events: missing },
          'the event log came back without its newest events: they are relayed again, and streams begin anew',
        );
    } catch (error) {
      this.want();
      throw error;
    }
  }

  /** Resolves with how many are relayed again. */
  async #look(): Promise<number> {
    const { database, findMissing } = this.#options;
    let count = 0;
    let before: number | null = null;
    for (let pages = 0; pages < maxPages; pages += 1) {
      const page: Awaited<ReturnType<typeof readRelayed>> = await readRelayed(database, before, pageSize);
      const ids = new Set((await findMissing(page.events)).map(({ id }) => id));
      const rows = new Set(page.events.filter(({ id }) => ids.has(id)).map(({ row }) => row));
      if (rows.size > 0) await relayAgain(database, [...rows]);
      count += rows.size;
      ({ before } = page);
      if (rows.size === 0 || before === null) break;
    }
    return count;
  }
}

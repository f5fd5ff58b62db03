/** Whether the event log still has what was relayed to it last: one that came back from an older copy of its data has not. */
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observability/log.ts';
import type { RelayedEvent, RelayedPage, RelayedRecord } from './relayed-events.ts';

export interface RelayedProofOptions {
  readonly relayed: RelayedRecord;
  /** See `EventLog.findMissing`. */
  readonly findMissing: (events: readonly RelayedEvent[]) => Promise<readonly unknown[]>;
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
 * What such a log has lost is what came last, so the newest events are looked at. A log that misses some begins anew, as one that was lost
 * wholly: its streams show what has changed, and say so. The events are not relayed once more: behind that they would show what is older,
 * and so they would in their other topics, whose logs may have forgotten that they had them.
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
          'the event log came back without its newest events: streams of their topics begin anew',
        );
    } catch (error) {
      this.want();
      throw error;
    }
  }

  /** Resolves with how many are missing. */
  async #look(): Promise<number> {
    const { relayed, findMissing } = this.#options;
    let count = 0;
    let before: number | null = null;
    for (let pages = 0; pages < maxPages; pages += 1) {
      const page: RelayedPage = await relayed.read(before, pageSize);
      const missing = await findMissing(page.events);
      count += missing.length;
      ({ before } = page);
      if (missing.length === 0 || before === null) break;
    }
    return count;
  }
}

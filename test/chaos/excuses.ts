/** Says what a stream need not have shown, or has shown anew, because its log was lost meanwhile. */
import type { StockSight } from './sightings.ts';
import type { StockStory } from './stock-verdict.ts';
import type { StreamKind } from './story.ts';

/** What is known when a sight is judged. */
export interface Judging {
  readonly kind: StreamKind;
  /** The last version on this connection. */
  readonly before: number | undefined;
  /** The newest version on any of them. */
  readonly newest: number;
  /** Whether it may be of any version. */
  readonly mayBegin: boolean;
}

/**
 * Whatever was lost begins anew in another log, which is why each event says of which one it is. A client that moves between processes
 * may come back to a log that was lost, where its process has not noticed that yet, and is told of the loss once more.
 */
export class Excuses {
  count = 0;
  readonly #story: Pick<StockStory, 'losses' | 'acknowledges'>;
  #log: string | undefined;
  /** All that there have been. */
  readonly #logs: Set<string | undefined>;

  constructor(story: Pick<StockStory, 'losses' | 'acknowledges' | 'sights'>) {
    this.#story = story;
    this.#log = story.sights[0]?.log;
    this.#logs = new Set([this.#log]);
  }

  excuse(sight: StockSight, { kind, newest, before }: Judging): boolean {
    const { losses, acknowledges } = this.#story;
    if (!losses || sight.log === this.#log) return false;
    if (!this.#logs.has(sight.log) && losses(sight) < this.#logs.size) return false;
    // Messages that stand for lost ones are all that are still kept.
    const goesOn = sight.version >= newest || (kind === 'messages' && sight.isSnapshot);
    // On a connection it is told; whoever comes back is told where they say themselves where they were.
    const isTold = sight.isSnapshot || (acknowledges && before === undefined);
    if (goesOn && isTold) this.count += 1;
    return goesOn && isTold;
  }

  note({ log }: StockSight): void {
    this.#log = log;
    this.#logs.add(log);
  }
}

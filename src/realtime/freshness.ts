/** Whether what a source keeps beside the events is whole, and how it is made whole. */
import { SharedCalls } from '../lib/turns/shared-calls.ts';
import type { Position } from '../stores/event-log/event-log.ts';
import type { SubscriptionSource } from './source.ts';

/**
 * Some sources judge an event by those before it. Such a source must read what it keeps of them before it judges any, and again when
 * events are lost.
 */
export class Freshness {
  readonly #renew: SubscriptionSource['renew'];
  readonly #renewals = new SharedCalls<void>();
  #losses = 0;
  /** How many losses there were before the source was last read; -1 before it was. */
  #readAfter = -1;

  constructor(source: SubscriptionSource) {
    this.#renew = source.renew?.bind(source);
  }

  /** Whether the source has read nothing yet, or nothing since events were lost: it cannot say which events it shows. */
  get isStale(): boolean {
    return this.#readAfter < this.#losses;
  }

  noteLoss(): void {
    this.#losses += 1;
  }

  /** To be called before the source reads by itself, for a snapshot. What is returned is to be called when it has. */
  beginReading(): () => void {
    const losses = this.#losses;
    return () => {
      this.#readAfter = losses;
    };
  }

  /** Has the source read, once for all who wait. Rejects with what the source rejects with. */
  async renew(readPosition: () => Position, signal: AbortSignal | undefined): Promise<void> {
    const make = async (shared: AbortSignal) => {
      const done = this.beginReading();
      await this.#renew?.({ position: readPosition(), signal: shared });
      done();
    };
    await this.#renewals.join(String(this.#losses), make, signal);
  }
}

/** Whether what a source has kept of earlier events is whole, and how it is made whole. */
import { SharedCalls } from '../lib/turns/shared-calls.ts';
import type { Position } from '../stores/event-log/event-log.ts';
import type { SubscriptionSource } from './source.ts';

/** Some sources judge an event by those before it. When events are lost, such a source must read anew what it has kept. */
export class Freshness {
  readonly #renew: SubscriptionSource['renew'];
  readonly #renewals = new SharedCalls<void>();
  /** How many losses of the log there were, and how many of them the source has made up for by reading anew. */
  #losses = 0;
  #madeUpFor = 0;

  constructor(source: SubscriptionSource) {
    this.#renew = source.renew?.bind(source);
  }

  /** Whether events are lost, and the source has read nothing anew since: it cannot say which events it shows. */
  get isStale(): boolean {
    return this.#madeUpFor < this.#losses && this.#renew !== undefined;
  }

  noteLoss(): void {
    this.#losses += 1;
  }

  /** To be called before the source reads anew by itself, for a snapshot. What is returned is to be called when it has. */
  beginReading(): () => void {
    const losses = this.#losses;
    return () => {
      this.#madeUpFor = losses;
    };
  }

  /** Has the source read anew, once for all who wait. Rejects with what the source rejects with. */
  async renew(readPosition: () => Position, signal: AbortSignal): Promise<void> {
    const make = async (shared: AbortSignal) => {
      const done = this.beginReading();
      await this.#renew?.({ position: readPosition(), signal: shared });
      done();
    };
    await this.#renewals.join(String(this.#losses), make, signal);
  }
}

/** Owns the ingest: what other services publish about dispatches becomes at most one event per real change. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { Metrics } from '../../lib/metrics.ts';
import type { Claims } from '../../stores/claims.ts';
import type { PubSub } from '../../stores/pubsub.ts';
import { outsideChannel, readOutsideMessage, type OutsideHint } from './outside-message.ts';
import type { Reconciliation } from './reconcile.ts';

export interface IngestOptions {
  /** The bus of the other services. */
  readonly bus: PubSub;
  readonly claims: Claims;
  /** Compares the record with what subscribers were told, and tells them what they were not. */
  readonly reconcile: (despachoId: string, actorId: string) => Promise<Reconciliation>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** How long one process may be at a message before another one takes over, milliseconds. */
const leaseMs = 5_000;
/** How long a message is known as done, milliseconds: doubled messages come soon after each other. */
const rememberMs = 60_000;
const maxAttempts = 5;

/**
 * Every process hears every message. One claims it, reads the dispatch from the record and tells what has changed; the
 * others look again after the lease, in case it died over it. Doubled and late messages find nothing new in the record.
 */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #pending = new Set<() => void>();
  #unsubscribe: (() => Promise<void>) | undefined;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  /** Resolves when it hears the channel; while the bus can't be reached, that is later. */
  async start(): Promise<void> {
    this.#unsubscribe = await this.#options.bus.subscribe(outsideChannel, (message) =>
      this.#onMessage(message),
    );
  }

  async close(): Promise<void> {
    for (const cancel of this.#pending) cancel();
    this.#pending.clear();
    await this.#unsubscribe?.();
  }

  #onMessage(message: unknown): void {
    const hint = readOutsideMessage(message);
    if (!hint) {
      this.#options.metrics.ingested.inc({ outcome: 'refused' });
      this.#options.log.warn({ channel: outsideChannel }, 'a message of another service could not be read');
      return;
    }
    const key = `ingest:${createHash('sha256').update(JSON.stringify(message)).digest('base64url')}`;
    void this.#attempt(key, hint, 1);
  }

  async #attempt(key: string, hint: OutsideHint, attempt: number): Promise<void> {
    const { claims, reconcile, metrics, log } = this.#options;
    try {
      const claim = await claims.claim(key, leaseMs);
      if (claim === 'settled') {
        if (attempt === 1) metrics.ingested.inc({ outcome: 'duplicate' });
        return;
      }
      if (claim === 'claimed') {
        metrics.ingested.inc({ outcome: await reconcile(hint.despachoId, hint.service) });
        await claims.settle(key, rememberMs);
        return;
      }
    } catch (error) {
      log.warn({ err: error, hint, attempt }, 'a message of another service could not be handled yet');
    }
    if (attempt < maxAttempts) this.#later(() => this.#attempt(key, hint, attempt + 1));
    else log.error({ hint }, 'a message of another service was given up');
  }

  #later(run: () => Promise<void>): void {
    const cancel = this.#options.clock.after(leaseMs + 100, () => {
      this.#pending.delete(cancel);
      void run();
    });
    this.#pending.add(cancel);
  }
}

/** Owns the ingest: what other services publish about dispatches becomes at most one event per real change. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import type { Metrics } from '../../../observability/metrics.ts';
import { createTurns } from '../../../lib/turns.ts';
import type { Claims } from '../../../stores/leases/leases.ts';
import type { PubSub } from '../../../stores/pubsub/pubsub.ts';
import { HeardMessages } from './handled-notifications.ts';
import { outsideChannel, readOutsideMessage, type OutsideHint } from './change-notification.ts';
import type { Reconciliation } from './reconcile.ts';

export interface IngestOptions {
  /** The bus of the other services. */
  readonly bus: PubSub;
  readonly claims: Claims;
  /** Compares the record with what subscribers were told, and tells them what they were not. */
  readonly reconcile: (despachoId: string, actorId: string) => Promise<Reconciliation>;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'ingested'>;
  readonly log: Logger;
}

/** How long one process may be at a message before another one takes over, milliseconds. */
const leaseMs = 5_000;
/** How long a message is known as done, milliseconds: doubled messages come soon after each other. */
const rememberMs = 60_000;
/** Between the two looks at a dispatch, milliseconds: MS Despacho publishes first and saves the dates afterwards. */
const secondLookMs = 1_000;
const maxAttempts = 5;
/** Looks of one process at a time: a flood of messages leaves the database to others as well. */
const maxLooksAtOnce = 4;

/** A message on its way. */
interface Work {
  readonly key: string;
  readonly hint: OutsideHint;
  /** Whether its like was heard before. */
  readonly isRepeated: boolean;
  readonly attempt: number;
}

/**
 * Every process hears every message. One claims it, reads the dispatch from the record and tells what has changed; the
 * others look again after the lease, in case it died over it.
 *
 * A message that is like an earlier one is most likely doubled, and may be a second change within the same second: it is
 * claimed and looked at like any other. Doubled, late and early messages find nothing new in the record.
 */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #heard: HeardMessages;
  readonly #inTurn = createTurns(maxLooksAtOnce);
  readonly #pending = new Set<() => void>();
  readonly #working = new Set<Promise<void>>();
  #unsubscribe: (() => Promise<void>) | undefined;
  #isClosed = false;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#heard = new HeardMessages(options.clock, rememberMs);
  }

  /** Resolves when it hears the channel; while the bus can't be reached, that is later. */
  async start(): Promise<void> {
    try {
      const listen = (message: unknown) => this.#onMessage(message);
      this.#unsubscribe = await this.#options.bus.subscribe(outsideChannel, listen);
    } catch (error) {
      // Who was closed while it waited has nothing to complain of.
      if (!this.#isClosed) throw error;
    }
  }

  /** Lets the looks that are under way end. What was not looked at is another process's. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const callOff of this.#pending) callOff();
    this.#pending.clear();
    await this.#unsubscribe?.();
    await Promise.all(this.#working);
  }

  /** A hint that came to this process alone. Returns at once; it is handled afterwards. */
  take(hint: OutsideHint): void {
    const key = `ingest:${randomUUID()}`;
    this.#do(() => this.#claim({ key, hint, isRepeated: false, attempt: 1 }));
  }

  #onMessage(message: unknown): void {
    const hint = readOutsideMessage(message);
    if (!hint) {
      this.#options.metrics.ingested.inc({ outcome: 'refused' });
      this.#options.log.warn({ channel: outsideChannel }, 'a message of another service could not be read');
      return;
    }
    const { despachoId, type, timestamp } = hint;
    const like = `${despachoId} ${type} ${timestamp}`;
    const time = this.#heard.count(like);
    this.#do(() => this.#claim({ key: `ingest:${like} ${time}`, hint, isRepeated: time > 1, attempt: 1 }));
  }

  async #claim(work: Work): Promise<void> {
    const { claims, reconcile } = this.#options;
    const claim = await this.#orLater(work, () => claims.claim(work.key, leaseMs));
    if (claim === 'taken') this.#again(work);
    if (claim !== 'claimed') return;
    const { despachoId, service } = work.hint;
    const found = await this.#orLater(work, () => reconcile(despachoId, service));
    if (found) this.#after(secondLookMs, () => this.#lookAgain(work, found));
  }

  async #lookAgain(work: Work, before: Reconciliation): Promise<void> {
    const { claims, reconcile } = this.#options;
    const { despachoId, service } = work.hint;
    const now = await this.#orLater(work, () => reconcile(despachoId, service));
    if (!now) return;
    this.#count(work, before === 'event' ? before : now);
    await this.#orLater(work, () => claims.settle(work.key, rememberMs));
  }

  #count({ hint, isRepeated }: Work, found: Reconciliation): void {
    const { metrics, log } = this.#options;
    const outcome = found === 'unchanged' && isRepeated ? 'duplicate' : found;
    metrics.ingested.inc({ outcome });
    log.debug({ hint, outcome }, 'a message of another service was handled');
  }

  /** What fails is tried again, by this process or by another one that finds the claim free. */
  async #orLater<T>(work: Work, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      const { hint, attempt } = work;
      this.#options.log.warn({ err: error, hint, attempt }, 'a message could not be handled yet');
      this.#again(work);
      return undefined;
    }
  }

  #again(work: Work): void {
    const attempt = work.attempt + 1;
    if (attempt <= maxAttempts) return this.#after(leaseMs + 100, () => this.#claim({ ...work, attempt }));
    this.#options.metrics.ingested.inc({ outcome: 'failed' });
    this.#options.log.error({ hint: work.hint }, 'a message of another service was given up');
  }

  #after(delayMs: number, run: () => Promise<void>): void {
    if (this.#isClosed) return;
    const callOff = this.#options.clock.after(delayMs, () => {
      this.#pending.delete(callOff);
      this.#do(run);
    });
    this.#pending.add(callOff);
  }

  #do(run: () => Promise<void>): void {
    const done = this.#inTurn(async () => {
      if (!this.#isClosed) await run();
    });
    this.#working.add(done);
    void done.then(() => this.#working.delete(done));
  }
}

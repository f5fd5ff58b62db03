/** Owns the ingest: what other services publish about dispatches becomes at most one event per real change. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import type { Metrics } from '../../../observability/metrics.ts';
import { createSemaphore } from '../../../lib/semaphore.ts';
import type { Leases } from '../../../stores/leases/leases.ts';
import type { PubSub } from '../../../stores/pubsub/pubsub.ts';
import { HandledNotifications } from './handled-notifications.ts';
import { externalChannel, readChangeNotification, type ChangeNotification } from './change-notification.ts';
import type { Reconciliation } from './reconcile.ts';

export interface IngestOptions {
  /** The bus of the other services. */
  readonly bus: PubSub;
  readonly leases: Leases;
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
  readonly notification: ChangeNotification;
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
  readonly #handled: HandledNotifications;
  readonly #inTurn = createSemaphore(maxLooksAtOnce);
  readonly #pending = new Set<() => void>();
  readonly #working = new Set<Promise<void>>();
  #unsubscribe: (() => Promise<void>) | undefined;
  #isClosed = false;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#handled = new HandledNotifications(options.clock, rememberMs);
  }

  /** Resolves when it hears the channel; while the bus can't be reached, that is later. */
  async start(): Promise<void> {
    try {
      const listen = (message: unknown) => this.#onMessage(message);
      this.#unsubscribe = await this.#options.bus.subscribe(externalChannel, listen);
    } catch (error) {
      // Who was closed while it waited has nothing to complain of.
      if (!this.#isClosed) throw error;
    }
  }

  /** Lets the looks that are under way end. What was not looked at is another process's. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#pending) cancel();
    this.#pending.clear();
    await this.#unsubscribe?.();
    await Promise.all(this.#working);
  }

  /** A hint that came to this process alone. Returns at once; it is handled afterwards. */
  take(notification: ChangeNotification): void {
    const key = `ingest:${randomUUID()}`;
    this.#do(() => this.#acquire({ key, notification, isRepeated: false, attempt: 1 }));
  }

  #onMessage(message: unknown): void {
    const notification = readChangeNotification(message);
    if (!notification) {
      this.#options.metrics.ingested.inc({ outcome: 'refused' });
      this.#options.log.warn({ channel: externalChannel }, 'a message of another service could not be read');
      return;
    }
    const { despachoId, type, timestamp } = notification;
    const like = `${despachoId} ${type} ${timestamp}`;
    const time = this.#handled.count(like);
    this.#do(() =>
      this.#acquire({ key: `ingest:${like} ${time}`, notification, isRepeated: time > 1, attempt: 1 }),
    );
  }

  async #acquire(work: Work): Promise<void> {
    const { leases, reconcile } = this.#options;
    const claim = await this.#orLater(work, () => leases.acquire(work.key, leaseMs));
    if (claim === 'taken') this.#again(work);
    if (claim !== 'acquired') return;
    const { despachoId, service } = work.notification;
    const found = await this.#orLater(work, () => reconcile(despachoId, service));
    if (found) this.#after(secondLookMs, () => this.#lookAgain(work, found));
  }

  async #lookAgain(work: Work, before: Reconciliation): Promise<void> {
    const { leases, reconcile } = this.#options;
    const { despachoId, service } = work.notification;
    const now = await this.#orLater(work, () => reconcile(despachoId, service));
    if (!now) return;
    this.#count(work, before === 'event' ? before : now);
    await this.#orLater(work, () => leases.complete(work.key, rememberMs));
  }

  #count({ notification, isRepeated }: Work, found: Reconciliation): void {
    const { metrics, log } = this.#options;
    const outcome = found === 'unchanged' && isRepeated ? 'duplicate' : found;
    metrics.ingested.inc({ outcome });
    log.debug({ notification, outcome }, 'a message of another service was handled');
  }

  /** What fails is tried again, by this process or by another one that finds the claim free. */
  async #orLater<T>(work: Work, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      const { notification, attempt } = work;
      this.#options.log.warn({ err: error, notification, attempt }, 'a message could not be handled yet');
      this.#again(work);
      return undefined;
    }
  }

  #again(work: Work): void {
    const attempt = work.attempt + 1;
    if (attempt <= maxAttempts) return this.#after(leaseMs + 100, () => this.#acquire({ ...work, attempt }));
    this.#options.metrics.ingested.inc({ outcome: 'failed' });
    this.#options.log.error({ notification: work.notification }, 'a message of another service was given up');
  }

  #after(delayMs: number, run: () => Promise<void>): void {
    if (this.#isClosed) return;
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#pending.delete(cancel);
      this.#do(run);
    });
    this.#pending.add(cancel);
  }

  #do(run: () => Promise<void>): void {
    const done = this.#inTurn(async () => {
      if (!this.#isClosed) await run();
    });
    this.#working.add(done);
    void done.then(() => this.#working.delete(done));
  }
}

/** Takes what other services publish about dispatches, and makes at most one event of each real change. */
import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../../lib/memory/most-entries.ts';
import { cacheTime, type Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import type { Metrics } from '../../../observability/metrics.ts';
import { SeldomLog } from '../../../observability/seldom-log.ts';
import { createSemaphore } from '../../../lib/turns/semaphore.ts';
import type { Leases } from '../../../stores/leases/leases.ts';
import type { PubSub } from '../../../stores/pubsub/pubsub.ts';
import { externalChannel, readChangeNotification, type ChangeNotification } from './change-notification.ts';
import type { Reconciliation } from './reconcile.ts';

export interface IngestOptions {
  /** The bus of the other services. */
  readonly bus: PubSub;
  readonly leases: Leases;
  /** Compares a dispatch with what was published of it, and publishes the difference. */
  readonly reconcile: (despachoId: string, actorId: string) => Promise<Reconciliation>;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'ingested'>;
  readonly log: Logger;
}

/** How long one process may work on a message before another one takes over, milliseconds. */
const leaseMs = 5_000;
/** How long a message is remembered as handled, milliseconds: it is repeated soon or never. */
const rememberMs = 60_000;
/** Messages remembered by each process. Past the bound those heard longest ago are forgotten, and count as new when they are repeated. */
const maxRemembered = 10_000;
/** From the first comparison of a dispatch to the second, milliseconds: MS Despacho publishes first and saves the dates afterwards. */
const secondLookMs = 1_000;
const maxAttempts = 5;
/** Comparisons of one process at a time: a flood of messages leaves the database to others as well. */
const maxAtOnce = 4;
/** Messages that are being handled or wait for that, at the most: what comes beyond them is given up. A few hundred bytes each. */
const maxUnderWay = 20_000;

/** A message that is being handled. */
interface Work {
  /** Of its lease, which one process of the cluster gets. */
  readonly key: string;
  readonly notification: ChangeNotification;
  /** Whether an equal message was heard before. */
  readonly isRepeated: boolean;
  readonly attempt: number;
}

/**
 * Every process hears every message. The one that acquires its lease compares the dispatch with what was published of it,
 * and publishes the difference. The others try again after the lease, in case that process died.
 *
 * A message that is equal to an earlier one is most likely a repetition, but may be about a second change within the same
 * second, so it has a lease of its own and is handled like any other. For messages that are repeated, late or early the
 * comparison finds no difference.
 */
export class Ingest {
  readonly #options: IngestOptions;
  /** How often each message was heard lately. */
  readonly #timesHeard: LRUCache<string, number>;
  readonly #semaphore = createSemaphore(maxAtOnce);
  readonly #working = new Set<Promise<void>>();
  /** Messages that are to be looked at again later. */
  #sleeping = 0;
  /** A flood of messages fails as a flood. */
  readonly #complaints: SeldomLog;
  readonly #closing = new AbortController();
  #unsubscribe: (() => Promise<void>) | undefined;

  constructor(options: IngestOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#complaints = new SeldomLog(log, clock);
    this.#timesHeard = new LRUCache({
      ...mostEntries(maxRemembered),
      ttl: rememberMs,
      ttlResolution: 0,
      perf: cacheTime(clock),
    });
  }

  /** Resolves when it hears the channel, which is later while the bus cannot be reached. */
  async start(): Promise<void> {
    try {
      const listen = (message: unknown) => this.#onMessage(message);
      this.#unsubscribe = await this.#options.bus.subscribe(externalChannel, listen);
    } catch (error) {
      // To be closed while it waits for the bus is no error.
      if (!this.#closing.signal.aborted) throw error;
    }
  }

  /** Waits for the comparisons that are running. All other work is left to other processes. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#unsubscribe?.();
    await Promise.all(this.#working);
  }

  /** Handles a notification that reached this process alone. Returns at once. */
  take(notification: ChangeNotification): void {
    this.#begin({ key: `ingest:${randomUUID()}`, notification, isRepeated: false, attempt: 1 });
  }

  #onMessage(message: unknown): void {
    const notification = readChangeNotification(message);
    if (!notification) {
      this.#options.metrics.ingested.inc({ outcome: 'refused' });
      this.#complaints.warn({ channel: externalChannel }, 'a message of another service could not be read');
      return;
    }
    const { despachoId, type, timestamp } = notification;
    const content = `${despachoId} ${type} ${timestamp}`;
    const times = this.#countHeard(content);
    this.#begin({ key: `ingest:${content} ${times}`, notification, isRepeated: times > 1, attempt: 1 });
  }

  #begin(work: Work): void {
    if (this.#working.size + this.#sleeping < maxUnderWay) this.#run(() => this.#acquire(work));
    else this.#giveUp(work);
  }

  /**
   * How often the message was heard, this time included. All processes count alike, so the second of two equal messages
   * has the same lease for all of them. A process that missed the first one skips work that another has done.
   */
  #countHeard(content: string): number {
    const times = (this.#timesHeard.get(content) ?? 0) + 1;
    this.#timesHeard.set(content, times);
    return times;
  }

  async #acquire(work: Work): Promise<void> {
    const { leases, reconcile } = this.#options;
    const lease = await this.#orLater(work, () => leases.acquire(work.key, leaseMs));
    if (lease === 'taken') this.#retry(work);
    if (lease !== 'acquired') return;
    const { despachoId, service } = work.notification;
    const outcome = await this.#orLater(work, () => reconcile(despachoId, service));
    if (outcome) this.#after(secondLookMs, () => this.#lookAgain(work, outcome));
  }

  async #lookAgain(work: Work, first: Reconciliation): Promise<void> {
    const { leases, reconcile } = this.#options;
    const { despachoId, service } = work.notification;
    const second = await this.#orLater(work, () => reconcile(despachoId, service));
    if (!second) return;
    this.#countHandled(work, first === 'event' ? first : second);
    await this.#orLater(work, () => leases.complete(work.key, rememberMs));
  }

  #countHandled({ notification, isRepeated }: Work, reconciliation: Reconciliation): void {
    const { metrics, log } = this.#options;
    const outcome = reconciliation === 'unchanged' && isRepeated ? 'duplicate' : reconciliation;
    metrics.ingested.inc({ outcome });
    log.debug({ notification, outcome }, 'a message of another service was handled');
  }

  /** What fails is tried again later, by this process or by another one that finds the lease free. */
  async #orLater<T>(work: Work, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      const { notification, attempt } = work;
      this.#complaints.warn({ err: error, notification, attempt }, 'a message could not be handled yet');
      this.#retry(work);
      return undefined;
    }
  }

  #retry(work: Work): void {
    const attempt = work.attempt + 1;
    if (attempt <= maxAttempts) return this.#after(leaseMs + 100, () => this.#acquire({ ...work, attempt }));
    this.#giveUp(work);
  }

  #giveUp({ notification }: Work): void {
    this.#options.metrics.ingested.inc({ outcome: 'failed' });
    this.#complaints.error({ notification }, 'a message of another service was given up');
  }

  #after(delayMs: number, run: () => Promise<void>): void {
    this.#sleeping += 1;
    void this.#options.clock.sleep(delayMs, this.#closing.signal).then(() => {
      this.#sleeping -= 1;
      this.#run(run);
    });
  }

  #run(work: () => Promise<void>): void {
    const done = this.#semaphore(async () => {
      if (!this.#closing.signal.aborted) await work();
    });
    this.#working.add(done);
    void done.then(() => this.#working.delete(done));
  }
}

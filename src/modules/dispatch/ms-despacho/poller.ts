/** Looks, in rounds, for what was changed directly in MS Despacho; one process of the cluster at a time. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../../lib/memory/most-entries.ts';
import { cacheTime, type Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import type { Metrics } from '../../../observability/metrics.ts';
import { createSemaphore } from '../../../lib/turns/semaphore.ts';
import type { Leases } from '../../../stores/leases/leases.ts';
import { msDespachoActor, type MsDespacho, type RemoteFilter } from '../../../upstreams/ms-despacho.ts';
import type { RemoteDispatch } from '../../../upstreams/ms-despacho-shapes.ts';
import type { DispatchReader } from './dispatch-reader.ts';
import type { PublishedDispatches } from './published-dispatches.ts';

export interface PollerOptions {
  readonly client: MsDespacho;
  readonly published: PublishedDispatches;
  readonly dispatches: Pick<DispatchReader, 'find' | 'rereadIfPartial'>;
  /** Stores where the ambulances of dispatches are. */
  readonly onPositions: (found: readonly RemoteDispatch[]) => Promise<void>;
  /** Called with what is wrong with a dispatch that is left out. */
  readonly onUnreadable: (error: unknown) => void;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'polled'>;
  /** The longest time between two rounds, when nothing happens, milliseconds. */
  readonly maxIntervalMs: number;
  /** How long MS Despacho may take to answer, milliseconds. */
  readonly timeoutMs: number;
}

const leaseKey = 'despacho-poll';
/** After this another process takes over from one that died in a round, milliseconds. */
const leaseMs = 5_000;
const usualMinIntervalMs = 400;
/** While MS Despacho is away it may take no longer than this to answer, milliseconds, so that its return is soon noticed. */
const probeTimeoutMs = 1_000;
const perPage = 200;
const newest = 25;
/** Dispatches that are no longer listed, and are read one by one, at a time. */
const maxReadsAtOnce = 8;
/** How long a dispatch that is not there, or cannot be read, is not looked for again, milliseconds. */
const missingMs = 30_000;
const maxMissing = 10_000;
/** Bounds one round, should there be no end of pages. */
const maxPages = 50;

/**
 * A round reads the dispatches that are under way, those that wait, and the newest, which may have ended already. A
 * dispatch that was published as open and is in none of these lists has ended, or is gone: it is read by itself.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #minIntervalMs: number;
  #intervalMs: number;
  #failures = 0;
  /** Ids that were published as open and were not there, or could not be read, a moment ago. */
  readonly #missing: LRUCache<string, true>;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#minIntervalMs = Math.min(usualMinIntervalMs, options.maxIntervalMs);
    this.#intervalMs = this.#minIntervalMs;
    this.#missing = new LRUCache({
      ...mostEntries(maxMissing),
      ttl: missingMs,
      ttlResolution: 0,
      perf: cacheTime(options.clock),
    });
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Waits for a round that is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let delayMs = 0; ; delayMs = await this.#tryRound()) {
      await this.#options.clock.sleep(delayMs, signal);
      if (signal.aborted) return;
    }
  }

  /** One attempt at a round; resolves with the time to the next attempt. Never rejects. */
  async #tryRound(): Promise<number> {
    const { leases, log, metrics } = this.#options;
    try {
      // Whichever process comes first when the memory of the last round has passed does the next one.
      if ((await leases.acquire(leaseKey, leaseMs)) !== 'acquired') return this.#minIntervalMs / 2;
      const changes = await this.#round();
      this.#failures = 0;
      metrics.polled.inc({ outcome: changes > 0 ? 'changes' : 'quiet' });
      this.#intervalMs =
        changes > 0 ? this.#minIntervalMs : Math.min(this.#intervalMs * 1.25, this.#options.maxIntervalMs);
    } catch (error) {
      this.#failures += 1;
      this.#intervalMs = this.#minIntervalMs;
      metrics.polled.inc({ outcome: 'failed' });
      if (this.#failures === 1) log.warn({ err: error }, 'MS Despacho could not be looked at');
    }
    await leases.complete(leaseKey, this.#intervalMs).catch((error: unknown) => {
      log.debug({ err: error }, 'the end of a round could not be noted; its lease ends it');
    });
    return this.#intervalMs;
  }

  /** Resolves with the number of changes. */
  async #round(): Promise<number> {
    const { published, dispatches, onPositions } = this.#options;
    await published.loadBaseline();
    const since = await published.position();
    const [active, waiting, latest] = await Promise.all([
      this.#all({ activos: true }),
      this.#all({ estado: 'PENDIENTE' }),
      this.#page({}, 1, newest).then((page) => page.dispatches),
    ]);
    const listed = new Map([...latest, ...waiting, ...active].map((each) => [each.state.id, each]));
    // By id, so that new dispatches are published in the order of their creation.
    const sorted = [...listed.values()].sort((a, b) => Number(a.state.id) - Number(b.state.id));
    const reconciled = await published.reconcile(
      sorted.map(({ state }) => state),
      { since, actorId: msDespachoActor },
    );
    for (const each of reconciled) dispatches.rereadIfPartial(each);
    const ended = await this.#lookForEnded(listed);
    await onPositions(active);
    return reconciled.filter(({ outcome }) => outcome === 'event').length + ended;
  }

  /** Resolves with the number of those that are no longer listed and could be read. */
  async #lookForEnded(listed: ReadonlyMap<string, RemoteDispatch>): Promise<number> {
    const { published, dispatches, log } = this.#options;
    const gone = (await published.openIds()).filter((id) => !listed.has(id) && !this.#missing.has(id));
    const semaphore = createSemaphore(maxReadsAtOnce);
    const reads = await Promise.allSettled(gone.map((id) => semaphore(() => dispatches.find([id]))));
    reads.forEach((result, index) => {
      const id = gone[index]!;
      if (result.status === 'rejected')
        log.warn({ err: result.reason as unknown, despachoId: id }, 'a dispatch could not be looked at');
      if (result.status === 'rejected' || !result.value.has(id)) this.#missing.set(id, true);
    });
    return reads.filter((result, index) => result.status === 'fulfilled' && result.value.has(gone[index]!))
      .length;
  }

  async #all(filter: RemoteFilter): Promise<RemoteDispatch[]> {
    const first = await this.#page(filter, 1, perPage);
    const all = [...first.dispatches];
    for (let page = 2; page <= Math.min(first.lastPage, maxPages); page++)
      all.push(...(await this.#page(filter, page, perPage)).dispatches);
    return all;
  }

  #page(filter: RemoteFilter, page: number, size: number) {
    const { client, onUnreadable, timeoutMs } = this.#options;
    // Each fourth attempt waits as long as usual: MS Despacho may be slow rather than away.
    const isProbe = this.#failures > 0 && this.#failures % 4 !== 0;
    return client.page(
      filter,
      { page, perPage: size },
      {
        timeoutMs: isProbe ? Math.min(timeoutMs, probeTimeoutMs) : timeoutMs,
        onUnreadable,
      },
    );
  }
}

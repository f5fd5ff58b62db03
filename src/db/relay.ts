/** Moves committed events from the database's outbox to the event log. */
import { doubling } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { StaleTurn } from '../lib/failures/stale-turn.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { noTracing, type Span, type Tracing } from '../observability/tracing/tracing.ts';
import { maxBatch, type Database, type OutboxRow, type RelayMarks } from './database.ts';
import { toRequests } from './relayed/relay-requests.ts';
import type { RelayedProof } from './relayed/relayed-proof.ts';
import { storedDate } from './stored-date.ts';

/** What is appended to the event log: one request per event and topic, in the order of the events. */
export interface RelayRequest {
  readonly topic: string;
  readonly event: { readonly id: string; readonly at: number; readonly data: unknown };
}

/** Where an event stands in a topic. */
export interface AppendedAt {
  readonly epoch: string;
  readonly offset: number;
}

export interface RelayOptions {
  readonly database: Pick<Database, 'kind' | 'onEvents' | 'relay' | 'readable'>;
  /**
   * Appends to the event log. Resolves with where each stands in its topic. When it rejects, the same requests come again: with
   * StaleTurn where it has seen a later turn than this one.
   */
  readonly append: (requests: readonly RelayRequest[], turn: number | null) => Promise<readonly AppendedAt[]>;
  /** Called before anything is read that is appended in a turn, and again when a turn was refused. */
  readonly beginTurns?: () => Promise<void>;
  /** Run before anything is relayed: a log that has lost something begins anew first. */
  readonly proof?: Pick<RelayedProof, 'want' | 'run'>;
  /**
   * Events that the event log keeps of each topic. A batch is never larger: when it comes again, the log would have forgotten
   * its first events, and append them behind its last ones.
   */
  readonly keptEvents: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'relayed' | 'relayFailures'>;
  readonly tracing?: Tracing;
  /**
   * How often to look for events that no commit of this process announced, milliseconds: those of a process that died
   * between commit and append. Null for never. Default 1000 on PostgreSQL, null on SQLite, which has no other processes.
   */
  readonly pollMs?: number | null;
}

const retryPauses = { firstMs: 100, maxMs: 5_000 };
/** Between two looks whether another process's turn is over. */
const lookPauses = { firstMs: 25, maxMs: 200 };

/**
 * Relays committed events.
 *
 * - **At least once**: an event is marked as relayed after its append resolved. It has the same id each time it is
 *   appended, so the event log has it once.
 * - **One at a time**: a process that stands still loses its turn after a few seconds (see relay-turn.ts). What it appends when it
 *   goes on is refused, so that nothing comes late, or twice where the log has forgotten it.
 * - **Order**: batches go in the order of ids, by one relay of the cluster at a time. On PostgreSQL concurrent transactions
 *   take ids in one order and may commit in another, so an event may follow one with a higher id. This does not happen to
 *   events of one dispatch or of one channel: who writes them holds a lock from before the id is taken until after the
 *   commit.
 * - **Latency**: a commit of this process starts the relay at once; what is committed during a batch is the next batch.
 * - **Outages**: while the append (or the database) fails, events stay where they are and are tried again after 100 ms,
 *   200 ms, and so on up to 5 s.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #pollMs: number | null;
  readonly #batchSize: number;
  #running: Promise<void> | undefined;
  #wanted = false;
  #closed = false;
  #hasBegunTurns = false;
  /** Whether the log was looked at in a turn since it may have come back older. */
  #isProved = false;
  #failures = 0;
  #pauses = doubling(retryPauses);
  /** While it is the turn of another process. */
  #looks = doubling(lookPauses);
  #pause = new AbortController();
  #stopWaking: () => void = () => {};
  #stopPoll: () => void = () => {};

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#batchSize = Math.min(maxBatch, options.keptEvents);
    this.#pollMs =
      options.pollMs !== undefined ? options.pollMs : options.database.kind === 'postgres' ? 1_000 : null;
  }

  /** Relays what was left over, and from now on every commit. */
  start(): void {
    this.#stopWaking = this.#options.database.onEvents(() => this.wake());
    this.#poll();
  }

  /** Looks for events now, or right after the batch that is under way. */
  wake(): void {
    if (this.#closed) return;
    this.#wanted = true;
    this.#running ??= this.#run();
  }

  /** The event log is back after an outage: ends a pause after a failure, and looks whether what was relayed is still there. */
  retry(): void {
    this.#doubt();
    this.#pause.abort();
    this.wake();
  }

  /** Finishes the batch that is under way. All else is relayed by another process, or after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWaking();
    this.#stopPoll();
    this.#pause.abort();
    await this.#running;
  }

  #poll(): void {
    this.wake();
    if (this.#pollMs !== null) this.#stopPoll = this.#options.clock.after(this.#pollMs, () => this.#poll());
  }

  async #run(): Promise<void> {
    const { database } = this.#options;
    while (this.#wanted && !this.#closed) {
      this.#wanted = false;
      try {
        await this.#beginTurns();
        await this.#options.proof?.run();
        const count = await database.relay(this.#batchSize, (rows, turn) => this.#handOver(rows, turn));
        if (count === null) await this.#waitForTurn();
        else this.#onSuccess(count);
        // What others commit during a turn waits for whoever looks next: that is soonest here.
        if (count === 0) continue;
        // A long backlog leaves room for other work.
        if (count === this.#batchSize) await new Promise<void>((resolve) => void setImmediate(resolve));
      } catch (error) {
        if (error instanceof StaleTurn) this.#onStale(error);
        else {
          this.#onFailure(error);
          if (!this.#closed) await this.#pauseFor(this.#pauses.next().value);
        }
      }
      this.#wanted = true;
    }
    this.#running = undefined;
  }

  async #beginTurns(): Promise<void> {
    if (this.#hasBegunTurns) return;
    await this.#options.beginTurns?.();
    this.#hasBegunTurns = true;
    this.#doubt();
  }

  /** The log may have come back from an older copy. */
  #doubt(): void {
    this.#options.proof?.want();
    this.#isProved = false;
  }

  /**
   * Looks once more in a turn, and after what is left was read: what another process has appended by then, just before the log came back
   * older, is marked as relayed, or among what was read.
   */
  async #prove(): Promise<void> {
    const { proof } = this.#options;
    if (this.#isProved || !proof) return;
    // It may be doubted meanwhile.
    this.#isProved = true;
    proof.want();
    await proof.run();
  }

  async #waitForTurn(): Promise<void> {
    if (!this.#closed) await this.#pauseFor(this.#looks.next().value);
  }

  async #handOver(rows: readonly OutboxRow[], turn: number | null): Promise<RelayMarks> {
    const { database, append, tracing = noTracing } = this.#options;
    await this.#prove();
    const spans: Span[] = [];
    // What cannot be read, for no other reason than its age, must not hold up what comes behind. It stays in the audit trail.
    const read = (row: OutboxRow) => ({ id: row.id, requests: toRequests(row, tracing, spans) });
    const readable = database.readable('events', rows, { idOf: ({ id }) => id, read });
    const appended = await append(
      readable.flatMap(({ requests }) => requests),
      turn,
    ).finally(() => spans.forEach((span) => span.end()));
    const positions = new Map<number, string>();
    let next = 0;
    for (const { id, requests } of readable)
      positions.set(id, formatPositions(appended.slice(next, (next += requests.length))));
    return { at: storedDate(this.#options.clock.now()), positions };
  }

  #onSuccess(count: number): void {
    const { log, metrics } = this.#options;
    if (count > 0) metrics.relayed.inc(count);
    if (this.#failures > 0) log.info({ failures: this.#failures }, 'events are relayed again');
    this.#failures = 0;
    this.#pauses = doubling(retryPauses);
    this.#looks = doubling(lookPauses);
  }

  /** This process stood still, or the log was lost: another one may have relayed what this one was about to, so that is read again. */
  #onStale(error: StaleTurn): void {
    this.#hasBegunTurns = false;
    this.#options.log.warn(
      { err: error },
      'events to relay are read again: another process has taken over, or the event log was lost',
    );
  }

  #onFailure(error: unknown): void {
    const { log, metrics } = this.#options;
    this.#doubt();
    metrics.relayFailures.inc();
    this.#failures += 1;
    if (this.#failures === 1)
      log.error({ err: error }, 'events cannot be relayed; they are kept and tried again');
  }

  async #pauseFor(ms: number): Promise<void> {
    this.#pause = new AbortController();
    await this.#options.clock.sleep(ms, this.#pause.signal);
  }
}

const formatPositions = (positions: readonly AppendedAt[]): string =>
  JSON.stringify(positions.map(({ epoch, offset }) => [epoch, offset]));

/** Owns moving committed events from the record's outbox to the event log. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Database, OutboxRow } from './database.ts';
import { storedDate } from './stored-date.ts';

/** What is appended to the event log: one request per event and topic, in the order of the events. */
export interface RelayRequest {
  readonly topic: string;
  readonly event: { readonly id: string; readonly at: number; readonly data: unknown };
}

export interface RelayOptions {
  readonly database: Database;
  /** Appends to the event log. When it rejects, the same requests come again. */
  readonly append: (requests: readonly RelayRequest[]) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'relayed' | 'relayFailures'>;
  /**
   * How often to look for events that no commit of this process told of, milliseconds: those of a process that died
   * between commit and append. Default 1000 on PostgreSQL; null, for never, on SQLite, which has no other processes.
   */
  readonly pollMs?: number | null;
}

const BATCH_SIZE = 500;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/**
 * Relays committed events.
 *
 * - **At least once**: an event is marked as relayed after its append resolved. Its id says the same each time, so the
 *   event log shows it once.
 * - **Order**: batches go in order of id, one relay of the cluster at a time. On PostgreSQL concurrent transactions take
 *   ids in one order and may commit in another, so an event may follow one with a higher id. Not so within one dispatch
 *   or one channel: whoever writes there holds its lock from before the id is taken until after the commit.
 * - **Latency**: a commit of this process starts the relay at once; commits during a batch are taken together by the next.
 * - **Outages**: while the append (or the database) fails, events stay where they are and are tried again after 100 ms,
 *   200 ms … 5 s.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #pollMs: number | null;
  #running: Promise<void> | undefined;
  #wanted = false;
  #closed = false;
  #failures = 0;
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #stopWaking: () => void = () => {};
  #stopPoll: () => void = () => {};
  #endPause: () => void = () => {};

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#pollMs =
      options.pollMs !== undefined ? options.pollMs : options.database.kind === 'postgres' ? 1_000 : null;
  }

  /** Relays what is left over, and from now on every commit. */
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

  /** What failed may work again: does not wait for the rest of a pause. */
  retry(): void {
    this.#endPause();
  }

  /** Resolves when everything that was committed before the call has been relayed; rejects when the relay is closed first. */
  idle(): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('The relay is closed.'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.wake();
    });
  }

  /** Finishes the batch that is under way. What is left over is relayed by another process, or after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWaking();
    this.#stopPoll();
    this.#endPause();
    await this.#running;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('The relay was closed.'));
  }

  #poll(): void {
    this.wake();
    if (this.#pollMs !== null) this.#stopPoll = this.#options.clock.after(this.#pollMs, () => this.#poll());
  }

  async #run(): Promise<void> {
    while (this.#wanted && !this.#closed) {
      this.#wanted = false;
      const waiting = this.#waiting.splice(0);
      try {
        const count = await this.#options.database.relay(BATCH_SIZE, (rows) => this.#handOver(rows));
        this.#succeeded(count);
        if (count < BATCH_SIZE) {
          for (const { resolve } of waiting) resolve();
          continue;
        }
      } catch (error) {
        this.#failed(error);
      }
      this.#waiting.unshift(...waiting);
      this.#wanted = true;
      if (this.#failures > 0) await this.#pause();
      // A long backlog leaves room for others.
      else await setImmediate();
    }
    this.#running = undefined;
  }

  async #handOver(rows: readonly OutboxRow[]): Promise<string> {
    await this.#options.append(rows.flatMap(toRequests));
    return storedDate(this.#options.clock.now());
  }

  #succeeded(count: number): void {
    const { log, metrics } = this.#options;
    if (count > 0) metrics.relayed.inc(count);
    if (this.#failures > 0) log.info({ failures: this.#failures }, 'Events are relayed again');
    this.#failures = 0;
  }

  #failed(error: unknown): void {
    const { log, metrics } = this.#options;
    metrics.relayFailures.inc();
    this.#failures += 1;
    if (this.#failures === 1)
      log.error({ err: error }, 'Events can not be relayed; they are kept and tried again');
  }

  async #pause(): Promise<void> {
    if (this.#closed) return;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LAST_RETRY_MS);
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(delayMs, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }
}

/**
 * The id names the row and its time: a record that was set up anew, or put back to an earlier state, counts from 1 again
 * beside an event log that remembers the old ids.
 */
function toRequests({ id, at, topics, payload }: OutboxRow): RelayRequest[] {
  const atMs = Date.parse(at);
  const event = { id: `${id}-${atMs.toString(36)}`, at: atMs, data: JSON.parse(payload) as unknown };
  return (JSON.parse(topics) as string[]).map((topic) => ({ topic, event }));
}

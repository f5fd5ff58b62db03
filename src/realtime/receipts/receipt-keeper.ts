/** Keeps the receipts of a process: extends ranges in memory, and has them written in batches. */
import { setImmediate } from 'node:timers/promises';
import { Burst } from '../../lib/burst.ts';
import type { Clock } from '../../lib/clock.ts';
import { repeat } from '../../lib/repeat.ts';
import { Unavailable } from '../../lib/unavailable.ts';
import { logFailure } from '../../observability/log-failure.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import {
  snapshotEpoch,
  snapshotTopic,
  type Evidence,
  type OffsetRange,
  type ReceiptRow,
  type ReceiptStream,
  type ReceiptTimes,
  type ShownItems,
} from './receipt.ts';
import { rowsOf, type AcknowledgedRange } from './receipt-rows.ts';
import { ReceiptTrail, type ReceiptSink } from './receipt-trail.ts';

export interface ReceiptKeeperOptions {
  /** Writes rows durably. When it rejects, the same rows may come again. */
  readonly write: (rows: readonly ReceiptRow[]) => Promise<void>;
  /** From one batch to the next, milliseconds: receipts of so long are lost when the process is killed. */
  readonly everyMs: number;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'receipts' | 'receiptsDropped' | 'receiptsWaiting'>;
  readonly log: Logger;
  /** Ranges that may wait to be written, some 200 bytes each: of more, none is kept. Default 200,000. */
  readonly maxWaiting?: number;
}

/** A range that is extended while it waits to be written. */
type Waiting = { -readonly [Key in keyof AcknowledgedRange]: AcknowledgedRange[Key] } & {
  readonly stream: KeptStream;
};

/** Its newest range that waits may be extended as long as nothing was written since: `batch` is that of the keeper then. */
interface KeptStream extends ReceiptStream {
  newest: Waiting | null;
  batch: number;
}

/** All who were shown the same share a row: they are written together. */
const byTopic = (waiting: readonly Waiting[]): Waiting[] =>
  [...Map.groupBy(waiting, ({ topic }) => topic).values()].flat();

/** Ranges that are written at once: some milliseconds of work. */
const maxPerStep = 1_000;

export class ReceiptKeeper implements ReceiptSink {
  readonly #options: ReceiptKeeperOptions;
  readonly #maxWaiting: number;
  readonly #failures: Burst;
  readonly #drops: Burst;
  #waiting: Waiting[] = [];
  /** Counts what was written. */
  #batch = 0;
  readonly #stop: () => Promise<void>;

  constructor(options: ReceiptKeeperOptions) {
    const { clock, everyMs, maxWaiting = 200_000 } = options;
    this.#options = options;
    this.#maxWaiting = maxWaiting;
    this.#failures = new Burst(clock);
    this.#drops = new Burst(clock);
    const onError = (error: unknown) => this.#report(error);
    this.#stop = repeat({ clock, everyMs, run: () => this.#write(), onError });
  }

  /** Of a stream that is about to begin; null where no receipts of it are kept. */
  trailOf(
    { evidence }: { readonly evidence: Evidence | null },
    whose: Pick<ReceiptStream, 'viewerId' | 'transport'>,
  ): ReceiptTrail | null {
    if (!evidence) return null;
    const stream: KeptStream = { ...evidence, ...whose, newest: null, batch: 0 };
    return new ReceiptTrail(stream, this, this.#options.clock);
  }

  takeRange(stream: KeptStream, { epoch, from, to }: OffsetRange, times: ReceiptTimes): void {
    const { sentAt, acknowledgedAt, by } = times;
    const newest = stream.batch === this.#batch ? stream.newest : null;
    if (newest?.to === from && newest.epoch === epoch && newest.by === by) {
      newest.to = to;
      // The later times are true of the earlier part too: it was there by then.
      newest.sentAt = sentAt;
      newest.acknowledgedAt = acknowledgedAt;
      return;
    }
    if (!this.#hasRoomFor(1)) return;
    const waiting = { stream, topic: stream.topic, epoch, from, to, sentAt, acknowledgedAt, by };
    this.#extend(waiting);
    this.#waiting.push(waiting);
  }

  takeItems(stream: KeptStream, items: ShownItems, times: ReceiptTimes): void {
    if (!this.#hasRoomFor(items.length)) return;
    for (const [subject, version] of items) {
      const range = { epoch: snapshotEpoch, from: version - 1, to: version };
      this.#waiting.push({ stream, topic: snapshotTopic(subject), ...range, ...times });
    }
  }

  drop(count: number): void {
    const { metrics, log } = this.#options;
    metrics.receiptsDropped.inc(count);
    const first = this.#drops.note();
    if (first) log.warn({ count, ...first }, 'receipts are dropped');
  }

  /** Writes what is left. What cannot be written now is dropped. */
  async close(): Promise<void> {
    await this.#stop();
    await this.#write().catch((error: unknown) => this.#report(error));
    if (this.#waiting.length > 0) this.drop(this.#waiting.length);
    this.#waiting = [];
  }

  /** From now on this range of its stream is the one to be extended. */
  #extend(waiting: Waiting): void {
    waiting.stream.newest = waiting;
    waiting.stream.batch = this.#batch;
  }

  #hasRoomFor(count: number): boolean {
    if (this.#waiting.length + count <= this.#maxWaiting) return true;
    this.drop(count);
    return false;
  }

  /** Writes what waits now, in steps between which others have their turns. */
  async #write(): Promise<void> {
    const { metrics } = this.#options;
    metrics.receiptsWaiting.set(this.#waiting.length);
    this.#waiting = byTopic(this.#waiting);
    for (let left = this.#waiting.length; left > 0; left -= maxPerStep) {
      const step = this.#waiting.splice(0, Math.min(left, maxPerStep));
      this.#batch += 1;
      await this.#writeStep(step);
      metrics.receiptsWaiting.set(this.#waiting.length);
      await setImmediate();
    }
  }

  async #writeStep(step: readonly Waiting[]): Promise<void> {
    const { write, clock, metrics } = this.#options;
    try {
      await write(rowsOf(step, clock.now()));
      metrics.receipts.inc(step.length);
    } catch (error) {
      // What is refused for good is not kept: else nothing new would be.
      if (error instanceof Unavailable) this.#requeue(step);
      else this.drop(step.length);
      throw error;
    }
  }

  /** Ahead of what came meanwhile. */
  #requeue(batch: readonly Waiting[]): void {
    const newer = this.#waiting;
    this.#waiting = [...batch];
    this.#batch += 1;
    for (const one of batch) if (one.epoch !== snapshotEpoch) this.#extend(one);
    for (const one of newer) {
      if (one.epoch !== snapshotEpoch) this.takeRange(one.stream, one, one);
      else if (this.#hasRoomFor(1)) this.#waiting.push(one);
    }
  }

  #report(error: unknown): void {
    const first = this.#failures.note();
    if (first) logFailure(this.#options.log, { err: error, ...first }, 'receipts could not be written');
  }
}

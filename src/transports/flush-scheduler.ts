/** Decides when outboxes write to their sockets: at once when there is little to do, many messages together when there is much. */
import type { Metrics } from '../observability/metrics.ts';
import { socketWrites } from '../observability/tracing/names.ts';
import { noTracing, type Span, type Tracing } from '../observability/tracing/tracing.ts';
import { type Clock, msSince } from '../lib/clock.ts';
import { WriteMemory } from './write-memory.ts';

export interface Flushable {
  /** Writes what is due, at `now` by `Clock.elapsed`. Returns how many messages were written. */
  flush(now: number): number;
  /** For the scheduler alone: in which period of adaptation it was last flushed. */
  flushedIn: number;
}

export interface FlushOptions {
  /** How long frames may wait for others, to go out in the same write, milliseconds. With 0 they never wait. */
  readonly maxWindowMs: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly tracing?: Tracing;
}

/** Share of the process's time spent writing above which the window grows, and below which it shrinks. */
const growAbove = 0.04;
const shrinkBelow = 0.005;
/** How many messages a write would have to hold on average, in the longest window, for waiting to be worth it. */
const minMerged = 2;
/** How often the window is adapted, milliseconds. */
const adaptEveryMs = 100;
/** How long writing may hold up the event loop at a time, milliseconds. */
const sliceMs = 8;

/**
 * Gathers the outboxes in which something is due and flushes them together.
 *
 * A flush comes in the turn of the event loop after the first frame, but no sooner than one window after the last flush.
 * The window is 0 until writing takes a noticeable share of the process's time and sockets get so many messages that some
 * would share a write. Then it doubles, up to `maxWindowMs`. So an event after a quiet moment never waits, and neither does
 * one that would share its write with no other: thousands of sockets that get a message now and then.
 */
export class FlushScheduler {
  readonly #options: FlushOptions;
  /** The memory in which outboxes put their writes together, one outbox after the other. */
  readonly memory = new WriteMemory();
  #due: Flushable[] = [];
  #armed = false;
  #windowMs = 0;
  #lastFlush = 0;
  #adaptedAt = performance.now();
  #busyMs = 0;
  #adaptations = 0;
  /** Since the window was last adapted: messages that were written, and how many outboxes had any. */
  #messages = 0;
  #active = 0;
  #deliveredAt: number[] = [];
  /** Of those that are traced: a span from there to the end of the writes. */
  #traced: { readonly at: number; readonly span: Span }[] = [];

  constructor(options: FlushOptions) {
    this.#options = options;
  }

  /** The present window, milliseconds. */
  get windowMs(): number {
    return this.#windowMs;
  }

  /** Milliseconds, by `Clock.elapsed`. */
  elapsed(): number {
    return this.#options.clock.elapsed();
  }

  /** Has the outbox flushed once, soon. */
  schedule(outbox: Flushable): void {
    this.#due.push(outbox);
    if (!this.#armed) this.#arm();
  }

  /** Takes the time of an event whose frames are in outboxes now. Its latency is observed when they have been written. */
  noteDelivered(eventAt: number, traceparent?: string): void {
    const { tracing = noTracing } = this.#options;
    const span = traceparent === undefined ? null : tracing.begin(socketWrites, { parent: traceparent });
    if (span) this.#traced.push({ at: eventAt, span });
    else this.#deliveredAt.push(eventAt);
  }

  #arm(): void {
    this.#armed = true;
    const waitMs = this.#lastFlush + this.#windowMs - performance.now();
    if (waitMs >= 1) setTimeout(this.#run, waitMs);
    else setImmediate(this.#run);
  }

  readonly #run = (): void => {
    const startedAt = performance.now();
    const due = this.#due;
    this.#due = [];
    const now = this.elapsed();
    let next = 0;
    while (next < due.length) {
      const outbox = due[next]!;
      this.#messages += outbox.flush(now);
      if (outbox.flushedIn !== this.#adaptations) {
        outbox.flushedIn = this.#adaptations;
        this.#active += 1;
      }
      next += 1;
      if ((next & 63) === 0 && performance.now() - startedAt > sliceMs) break;
    }
    const endedAt = performance.now();
    this.#busyMs += endedAt - startedAt;
    if (next < due.length) {
      // The rest after a turn of the event loop, so that other work is not held up.
      this.#due = due.slice(next).concat(this.#due);
      setImmediate(this.#run);
      return;
    }
    this.#lastFlush = endedAt;
    this.#armed = false;
    this.#observe();
    this.#adapt(endedAt);
    if (this.#due.length > 0) this.#arm();
  };

  #observe(): void {
    if (this.#deliveredAt.length === 0 && this.#traced.length === 0) return;
    const { clock, metrics } = this.#options;
    const now = clock.now();
    const secondsSince = (at: number) => Math.max(0, msSince(at, now)) / 1000;
    for (const at of this.#deliveredAt) metrics.publishToSocket.add(secondsSince(at));
    this.#deliveredAt = [];
    for (const { at, span } of this.#traced) {
      span.end();
      metrics.publishToSocket.add(secondsSince(at), { traceId: span.traceId, at: now });
    }
    this.#traced = [];
  }

  #adapt(now: number): void {
    const elapsedMs = now - this.#adaptedAt;
    if (elapsedMs < adaptEveryMs) return;
    const share = this.#busyMs / elapsedMs;
    const { maxWindowMs } = this.#options;
    const merged = (this.#messages / this.#active / elapsedMs) * maxWindowMs;
    if (share < shrinkBelow || merged < minMerged)
      this.#windowMs = this.#windowMs > 1 ? this.#windowMs / 2 : 0;
    else if (share > growAbove) this.#windowMs = Math.min(maxWindowMs, Math.max(1, 2 * this.#windowMs));
    this.#adaptedAt = now;
    this.#busyMs = 0;
    this.#messages = 0;
    this.#active = 0;
    this.#adaptations += 1;
  }
}

/** Owns one stream of Server-Sent Events: its outbox, what keeps it alive, and how it ends. */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../lib/clock.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { comment, eventStreamFraming, nextEventHead } from './framing.ts';
import type { FlushScheduler } from '../flush-scheduler.ts';
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import { Outbox } from '../outbox.ts';
import type { Drainable } from '../drain.ts';
import type { OpenStream } from '../../operations/operations.ts';

export interface EventStreamOptions {
  /** Its head was sent already. */
  readonly response: ServerResponse;
  readonly stream: OpenStream;
  /** When the viewer's token ends, milliseconds since the Unix epoch; null when it does not. */
  readonly expiresAt: number | null;
  readonly scheduler: FlushScheduler;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Time between two comments, milliseconds. */
  readonly keepAliveMs: number;
  /** See `OutboxOptions.maxBytes`. */
  readonly outboxMaxBytes: number;
  /** Called once, when the response is over. */
  readonly onClosed: () => void;
}

/** Time that a client has to take what was sent before the end, milliseconds. */
const closeTimeoutMs = 5_000;

/**
 * Server-Sent Events know no close codes. A stream that the client should take up again ends without a `complete` event:
 * the stock client then comes back by itself.
 */
export class EventStream implements Subscriber, Drainable {
  readonly activeAt: number;
  readonly #options: EventStreamOptions;
  readonly #outbox: Outbox;
  #cancelExpiry = () => {};
  #cancelKeepAlive = () => {};
  #stopped = false;

  constructor(options: EventStreamOptions) {
    const { response, scheduler, clock, metrics, outboxMaxBytes } = options;
    this.#options = options;
    this.activeAt = clock.now();
    this.#outbox = new Outbox({
      ...{ socket: response, framing: eventStreamFraming, scheduler, metrics, maxBytes: outboxMaxBytes },
      onOverflow: () => {
        metrics.slowReaders.inc();
        this.terminate();
      },
    });
    response.on('drain', () => this.#outbox.drained());
    response.once('close', () => {
      this.#stop();
      options.onClosed();
    });
  }

  /** Begins to show what there is. */
  start(): void {
    const { clock, expiresAt, stream } = this.#options;
    if (expiresAt !== null)
      this.#cancelExpiry = clock.after(Math.max(0, expiresAt - clock.now()), () => this.restart());
    this.#comment();
    stream.start(this);
  }

  send(frame: Frame): void {
    this.#outbox.pushFrame(nextEventHead, frame);
  }

  ready(): Promise<void> | undefined {
    return this.#outbox.ready();
  }

  disconnect(): void {
    this.restart();
  }

  restart(): void {
    if (this.#stopped) return;
    this.#outbox.flush();
    this.#stop();
    const { response, clock } = this.#options;
    response.once(
      'close',
      clock.after(closeTimeoutMs, () => this.terminate()),
    );
    response.end();
  }

  terminate(): void {
    this.#stop();
    this.#options.response.destroy();
  }

  /** The first one also takes the response's head through whatever waits for its body. */
  #comment(): void {
    const { clock, keepAliveMs } = this.#options;
    this.#outbox.pushText(comment);
    this.#cancelKeepAlive = clock.after(keepAliveMs, () => this.#comment());
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelExpiry();
    this.#cancelKeepAlive();
    this.#outbox.end();
    this.#options.stream.leave();
  }
}

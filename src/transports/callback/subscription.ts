/** One subscription by HTTP callback: its messages in order, its heartbeat, and how it ends. */
import type { GraphQLFormattedError } from 'graphql';
import type { Viewer } from '../../auth/viewer.ts';
import { backoff } from '../../lib/backoff.ts';
import type { OpenStream } from '../../operations/operations.ts';
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import type { StreamPosition } from '../../realtime/resumption.ts';
import { ended, expiry, interruption } from '../endings.ts';
import type { LiveClient } from '../live.ts';
import { maxMessageBytes } from '../outbox.ts';
import type { RightEnded, SessionClient } from '../session-client.ts';
import type { Session } from '../session.ts';
import type { TransportContext } from '../transport.ts';
import type { CallbackClient, CallbackMessage, CallbackOutcome } from './client.ts';
import { CallbackQueue } from './queue.ts';
import { CallbackReceipts } from './receipts.ts';
import type { CallbackRequest } from './request.ts';

export interface CallbackSubscriptionOptions {
  readonly callback: CallbackRequest;
  readonly stream: OpenStream;
  readonly viewer: Viewer;
  readonly client: CallbackClient;
  /** Called once, when nothing more will be sent. */
  readonly onEnd: (ending: CallbackEnding) => void;
}

/** `completed`: the router was told that it ends. `gone`: the router said so. `failed`: the router could not be reached. */
export type CallbackEnding = 'completed' | 'gone' | 'failed';

type UnsentMessage = Omit<CallbackMessage, 'isProven'>;

const retryPauses = { firstMs: 50, maxMs: 2_000 };
/** For so long after it took a message nobody asks a router whether it waits, and this is how long it may take to answer, milliseconds. */
const freshMs = 1_000;
const checkTimeoutMs = 2_000;
/** How long the last message is tried again, milliseconds. */
const completeRetryMs = 2_000;

/**
 * Sends one message at a time, so that `next` messages arrive in order, and sends a message that may not have arrived again
 * before the next one. When only the answer was lost, an event arrives twice, with the same cursor.
 */
export class CallbackSubscription implements Subscriber, SessionClient {
  readonly #context: TransportContext;
  readonly #options: CallbackSubscriptionOptions;
  readonly #session: Session;
  readonly #queue: CallbackQueue;
  readonly #stopping = new AbortController();
  readonly #ending = new AbortController();
  #receipts: CallbackReceipts | null = null;
  #sending: Promise<void> | undefined;
  #cancelHeartbeat = () => {};
  #lastTakenAt: number;
  #isChecking = false;
  /** What the router has taken. */
  #acknowledged: StreamPosition | null = null;
  /** Whether the last message was taken, as the one was with which the router confirmed that it waits. */
  #isProven = true;

  /**
   * Begins a session of the viewer; nothing is sent before `start`.
   *
   * @throws what `Sessions.open` throws; then the stream is left
   */
  constructor(context: TransportContext, options: CallbackSubscriptionOptions) {
    const { sessions, config, metrics, unread } = context;
    this.#context = context;
    this.#options = options;
    try {
      this.#session = sessions.open(this, options.viewer, metrics.callbacks, { countsAsConnection: false });
    } catch (error) {
      options.stream.leave();
      throw error;
    }
    this.#lastTakenAt = this.#session.activeAt;
    this.#queue = new CallbackQueue({
      maxBytes: config.realtime.outboxMaxBytes,
      maxMessageBytes: maxMessageBytes(config),
      unread: unread.ofViewer(options.viewer),
      metrics,
    });
  }

  /** Begins to send; the router has confirmed that it waits for it. */
  start(): void {
    if (this.#isStopped) return;
    const { stream, callback } = this.#options;
    // Twice as often as asked for, because the router ends the subscription when a message is late.
    const everyMs = callback.heartbeatIntervalMs / 2;
    if (everyMs > 0) this.#beat(everyMs);
    const whose = { viewerId: this.#options.viewer.id, transport: 'callback' };
    const trail = this.#context.receipts?.trailOf(stream, whose) ?? null;
    this.#receipts = trail && new CallbackReceipts(trail);
    stream.start(this, trail);
  }

  send(frame: Frame): void {
    if (this.#isStopped) return;
    this.#receipts?.push(frame);
    if (!this.#queue.push(frame)) {
      this.#context.metrics.slowReaders.inc();
      this.disconnect('The router takes events too slowly; subscribe again with your cursor.');
      return;
    }
    this.#sending ??= this.#sendAll();
  }

  ready(): Promise<void> | undefined {
    return this.#queue.ready();
  }

  disconnect(reason: string): void {
    void this.complete(interruption(reason));
  }

  revoke(because: RightEnded): void {
    void this.complete(because === 'ended' ? ended : expiry);
  }

  restart(): void {
    this.disconnect('The service restarts; subscribe again with your cursor.');
  }

  /** Ends it without telling the router. */
  terminate(): void {
    this.#end('gone');
  }

  live(): LiveClient {
    const stream = { stream: this.#options.stream, acknowledged: this.#acknowledged };
    return {
      transport: 'CALLBACK',
      waitingBytes: this.#queue.bytes,
      streams: this.#isStopped ? [] : [stream],
    };
  }

  /** Asks the router, unless it has shown just now that it waits. */
  async isGone(): Promise<boolean> {
    const { clock } = this.#context;
    if (this.#isStopped || this.#isChecking || clock.elapsed() - this.#lastTakenAt < freshMs) return false;
    return (await this.#send({ action: 'check', timeoutMs: checkTimeoutMs })) === 'gone';
  }

  /** Waits for the message that is being sent, then sends the error that ends the stream. What is queued is left to the cursor. */
  async complete(error: GraphQLFormattedError): Promise<void> {
    if (this.#isStopped) return;
    this.#stop();
    await this.#sending;
    if (this.#isEnded) return;
    const field = { name: 'errors', json: Buffer.from(JSON.stringify([error])) } as const;
    const outcome = await this.#untilTaken(
      { action: 'complete', field },
      completeRetryMs,
      this.#ending.signal,
    );
    this.#end(outcome === 'taken' ? 'completed' : outcome);
  }

  async #sendAll(): Promise<void> {
    const { retryMs } = this.#context.config.callbacks;
    for (let frame = this.#queue.shift(); frame; frame = this.#queue.shift()) {
      const field = { name: 'payload', json: frame.payload } as const;
      const outcome = await this.#untilTaken({ action: 'next', field }, retryMs, this.#stopping.signal);
      if (outcome === 'taken' && this.#queue.bytes === 0)
        this.#acknowledged = this.#options.stream.position ?? this.#acknowledged;
      const isLast = !this.#isStopped && this.#queue.isEmpty;
      if (outcome === 'taken') this.#receipts?.take(frame, { isLast });
      else if (outcome === 'gone') this.#end('gone');
      else if (!this.#isStopped) this.#end('failed');
    }
    this.#sending = undefined;
  }

  /** Tries until the message is taken or refused, `retryMs` have passed, or `givenUp` is aborted. */
  async #untilTaken(message: UnsentMessage, retryMs: number, givenUp: AbortSignal) {
    const { clock } = this.#context;
    const since = clock.elapsed();
    const pauses = backoff(retryPauses);
    for (;;) {
      const outcome = await this.#send(message);
      const pauseMs = pauses.next().value;
      const isLate = clock.elapsed() + pauseMs > since + retryMs;
      if (outcome !== 'failed' || isLate || givenUp.aborted) return outcome;
      await clock.sleep(pauseMs, givenUp);
    }
  }

  async #send(message: UnsentMessage): Promise<CallbackOutcome> {
    const { client, callback } = this.#options;
    const outcome = await client.send(callback, { ...message, isProven: this.#isProven });
    this.#isProven = outcome === 'taken';
    if (this.#isProven) this.#lastTakenAt = this.#context.clock.elapsed();
    return outcome;
  }

  #beat(everyMs: number): void {
    this.#cancelHeartbeat = this.#context.clock.after(everyMs, () => {
      this.#beat(everyMs);
      if (!this.#isChecking) void this.#check(everyMs);
    });
  }

  async #check(timeoutMs: number): Promise<void> {
    const { clock, config } = this.#context;
    this.#isChecking = true;
    const outcome = await this.#send({ action: 'check', timeoutMs });
    this.#isChecking = false;
    if (this.#isStopped || outcome === 'taken') return;
    if (outcome === 'gone') this.#end('gone');
    else if (clock.elapsed() - this.#lastTakenAt > config.callbacks.retryMs) this.#end('failed');
  }

  /** Takes nothing more from the hub. */
  #stop(): void {
    if (this.#isStopped) return;
    this.#stopping.abort();
    this.#cancelHeartbeat();
    this.#queue.end();
    this.#options.stream.leave();
  }

  #end(ending: CallbackEnding): void {
    this.#stop();
    if (this.#isEnded) return;
    this.#ending.abort();
    this.#session.end();
    this.#options.onEnd(ending);
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  get #isEnded(): boolean {
    return this.#ending.signal.aborted;
  }
}

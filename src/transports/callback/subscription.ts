/** One subscription by HTTP callback: its messages in order, its heartbeat, and how it ends or is left to another process. */
import type { GraphQLFormattedError } from 'graphql';
import type { Viewer } from '../../auth/viewer.ts';
import type { OpenStream } from '../../operations/operations.ts';
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import { ended, expiry, interruption } from '../endings.ts';
import type { LiveClient } from '../live.ts';
import type { RightEnded, SessionClient } from '../session-client.ts';
import type { Session } from '../session.ts';
import type { TransportContext } from '../transport.ts';
import { lastMessage, messageOf } from './client.ts';
import { Courier, type CourierOptions } from './courier.ts';
import type { CallbackHolder } from './kept/held-callback.ts';
import { createQueue, type CallbackQueue } from './queue.ts';
import { Progress } from './progress.ts';

export interface CallbackSubscriptionOptions extends CourierOptions {
  readonly viewer: Viewer;
  /** Called once, when nothing more will be sent. */
  readonly onEnd: (ending: CallbackEnding) => void;
}

/**
 * `completed`: the router was told that it ends. `gone`: the router said so. `refused`: nor did it take that. `failed`: the router could
 * not be reached. `left`: another process goes on with it, or this one when it starts again. `replaced`: another process has it already.
 */
export type CallbackEnding = 'completed' | 'gone' | 'refused' | 'failed' | 'left' | 'replaced';

/** For so long after it took a message nobody asks a router whether it waits, and this is how long it may take to answer, milliseconds. */
const freshMs = 1_000;
const checkTimeoutMs = 2_000;
/** How long the last message is tried again, milliseconds. */
const completeRetryMs = 2_000;

/**
 * Sends one message at a time, so that `next` messages arrive in order, and sends a message that may not have arrived again
 * before the next one. When only the answer was lost, an event arrives twice, with the same cursor.
 */
export class CallbackSubscription implements Subscriber, SessionClient, CallbackHolder {
  readonly #context: TransportContext;
  readonly #options: CallbackSubscriptionOptions;
  readonly #session: Session;
  readonly #queue: CallbackQueue;
  readonly #courier: Courier;
  readonly #stopping = new AbortController();
  readonly #ending = new AbortController();
  /** Null before its stream begins. */
  #progress: Progress | null = null;
  #sending: Promise<void> | undefined;
  #cancelHeartbeat = () => {};
  #isChecking = false;
  #isGone = false;

  /**
   * Begins a session of the viewer; nothing is sent before `beat` and `start`.
   *
   * @throws what `Sessions.open` throws
   */
  constructor(context: TransportContext, options: CallbackSubscriptionOptions) {
    const { sessions, config, metrics, clock } = context;
    const { viewer, held } = options;
    this.#context = context;
    this.#options = options;
    this.#session = sessions.open(this, viewer, metrics.callbacks, { countsAsConnection: false });
    this.#courier = new Courier(clock, config.callbacks.paceMs, options);
    this.#queue = createQueue(context, viewer);
    if (held) held.holder = this;
  }

  /** Aborted when nothing more of its stream will be sent. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** From now on the router hears that it lives. `isDue`: it has not heard so for some time. */
  beat({ isDue = false } = {}): void {
    // Twice as often as asked for, because the router ends the subscription when a message is late.
    const everyMs = this.#options.callback.heartbeatIntervalMs / 2;
    if (this.#isStopped) return;
    if (everyMs > 0) this.#beat(everyMs);
    if (isDue) void this.#check(everyMs > 0 ? everyMs : checkTimeoutMs);
  }

  /** Begins to send what the stream shows; the router has confirmed that it waits for it. */
  start(stream: OpenStream): void {
    if (this.#isStopped) return stream.leave();
    const { viewer, held } = this.#options;
    const whose = { viewerId: viewer.id, transport: 'callback' };
    const trail = this.#context.receipts?.trailOf(stream, whose) ?? null;
    this.#progress = new Progress(stream, trail, held);
    this.#progress.start(this);
  }

  send(frame: Frame): void {
    if (this.#isStopped || !this.#progress) return;
    if (!this.#queue.push(this.#progress.push(frame))) {
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
    void this.complete([interruption(reason)]);
  }

  revoke(because: RightEnded): void {
    void this.complete([because === 'ended' ? ended : expiry]);
  }

  /** Another process goes on, and the router hears nothing of it; where none can, it is told. */
  restart(): void {
    if (this.#options.held?.state === 'held') void this.#leave();
    else this.disconnect('The service restarts; subscribe again with your cursor.');
  }

  /** Ends it without telling the router: it said that it is gone, or another process goes on. */
  terminate(): void {
    this.#end(this.#isGone ? 'gone' : 'left');
  }

  /** The router has used its id again: another one has taken its place. */
  giveWay(): void {
    this.#end('gone');
  }

  replaced(): void {
    this.#end('replaced');
  }

  doubted(): void {
    void this.#check(checkTimeoutMs);
  }

  live(): LiveClient {
    const progress = this.#isStopped ? null : this.#progress;
    return { transport: 'CALLBACK', waitingBytes: this.#queue.bytes, streams: progress ? [progress] : [] };
  }

  /** Asks the router, unless it has shown just now that it waits. */
  async isGone(): Promise<boolean> {
    const isFresh = this.#context.clock.elapsed() - this.#courier.lastTakenAt < freshMs;
    if (this.#isStopped || this.#isChecking || isFresh) return false;
    this.#isGone = (await this.#courier.send({ action: 'check', timeoutMs: checkTimeoutMs })) === 'gone';
    return this.#isGone;
  }

  /** Waits for the message that is being sent, then sends the errors that end the stream. What is queued is left to the cursor. */
  async complete(errors: readonly GraphQLFormattedError[]): Promise<void> {
    if (this.#isStopped) return;
    this.#stop();
    await this.#sending;
    // A router drops what finds no place, and these errors with it.
    await this.#courier.pace(this.#ending.signal);
    if (this.#isEnded) return;
    const outcome = await this.#courier.untilTaken(lastMessage(errors), completeRetryMs, this.#ending.signal);
    if (!this.#isEnded) this.#end(outcome === 'taken' ? 'completed' : outcome);
  }

  /** Waits for the message that is being sent, then leaves it as the router has it. */
  async #leave(): Promise<void> {
    if (this.#isStopped) return;
    this.#noteIdle();
    this.#stop();
    await this.#sending;
    if (this.#isEnded) return;
    await this.#options.held?.release();
    this.#end('left');
  }

  async #sendAll(): Promise<void> {
    const { retryMs } = this.#context.config.callbacks;
    for (let waiting = this.#queue.shift(); waiting; waiting = this.#queue.shift()) {
      await this.#courier.pace(this.#stopping.signal);
      if (this.#isStopped) break;
      const message = messageOf(waiting.frame);
      const outcome = await this.#courier.untilTaken(message, retryMs, this.#stopping.signal);
      if (outcome === 'taken') this.#progress!.take(waiting, { isLast: this.#isIdle });
      else this.#endWith(outcome);
    }
    this.#sending = undefined;
    this.#noteIdle();
  }

  /** Who has refused a message may take one that says why it ends. */
  #endWith(outcome: 'gone' | 'refused' | 'failed'): void {
    if (outcome === 'refused') this.disconnect('The router refuses it; subscribe again with your cursor.');
    else if (outcome === 'gone' || !this.#isStopped) this.#end(outcome);
  }

  #noteIdle(): void {
    if (this.#isIdle && this.#sending === undefined) this.#progress?.takeAll();
  }

  #beat(everyMs: number): void {
    this.#cancelHeartbeat = this.#context.clock.after(everyMs, () => {
      this.#beat(everyMs);
      void this.#check(everyMs);
    });
  }

  async #check(timeoutMs: number): Promise<void> {
    const { clock, config } = this.#context;
    if (this.#isStopped || this.#isChecking) return;
    this.#isChecking = true;
    const outcome = await this.#courier.send({ action: 'check', timeoutMs });
    this.#isChecking = false;
    if (this.#isStopped) return;
    if (outcome === 'taken') this.#noteIdle();
    else if (outcome !== 'failed' || clock.elapsed() - this.#courier.lastTakenAt > config.callbacks.retryMs)
      this.#endWith(outcome);
  }

  /** Takes nothing more from the hub. */
  #stop(): void {
    if (this.#isStopped) return;
    this.#stopping.abort();
    this.#cancelHeartbeat();
    this.#queue.end();
    this.#progress?.stream.leave();
  }

  #end(ending: CallbackEnding): void {
    this.#stop();
    if (this.#isEnded) return;
    this.#ending.abort();
    const { held } = this.#options;
    if (ending === 'left') void held?.release();
    else held?.end();
    this.#session.end();
    this.#options.onEnd(ending);
  }

  get #isIdle(): boolean {
    return !this.#isStopped && this.#queue.isEmpty;
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  get #isEnded(): boolean {
    return this.#ending.signal.aborted;
  }
}

/** A response of HTTP that goes on for as long as its stream: its outbox, what keeps it alive, and how it ends. */
import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import type { Viewer } from '../../auth/viewer.ts';
import type { Gauge } from 'prom-client';
import { ended, expiry, interruption } from '../endings.ts';
import { outboxSettings, type Framing, type OutboxOwner } from '../framing.ts';
import type { LiveClient, LiveStream } from '../live.ts';
import { Outbox } from '../outbox.ts';
import type { RightEnded, SessionClient } from '../session-client.ts';
import type { Session } from '../session.ts';
import type { TransportContext } from '../transport.ts';
import { cut } from './cut.ts';

/** Longest time in which a reader that is behind has to show that it reads, milliseconds. */
const maxGraceMs = 5_000;
/** Time that a client has to take the last events, milliseconds. */
const answerMs = 5_000;
/** From one call of `onTick` to the next, milliseconds, at the least. */
const tickEveryMs = 900;

/** What such responses of one protocol have in common. */
export interface StreamProtocol {
  readonly transport: LiveClient['transport'];
  readonly framing: Framing;
  /** Sent while nothing happens, so that proxies do not end the stream. Clients ignore it. */
  readonly heartbeat: string;
  /** Where they are counted. */
  readonly gaugeOf: (metrics: TransportContext['metrics']) => Gauge;
  /** Whether a response that is to be taken up again ends as one that is complete: its client has been told. */
  readonly endsWhole: boolean;
}

export interface StreamedResponseOptions {
  readonly protocol: StreamProtocol;
  readonly response: ServerResponse;
  readonly viewer: Viewer;
  /** What its client is told before it is cut; null where it is told nothing. */
  readonly farewell: (error: GraphQLFormattedError) => string | null;
  /** What its client is told that is not to come back. */
  readonly ending: (error: GraphQLFormattedError) => string;
  readonly streams: () => readonly LiveStream[];
  /** Nothing more is sent: called once. */
  readonly onStop: () => void;
  /** The response is closed: called once, after `onStop`. */
  readonly onClosed: () => void;
  /** Called about once a second. */
  readonly onTick?: () => void;
}

/**
 * Server-Sent Events have no close codes. A stream that is to be taken up again is cut: the stock clients then connect again
 * by themselves, and their apps see nothing of it. Whoever hands events on to somebody else is told by an error first, and so
 * is whoever reads parts, whose protocol has a message for that.
 */
export class StreamedResponse implements SessionClient, OutboxOwner {
  readonly outbox: Outbox;
  readonly session: Session;
  readonly response: ServerResponse;
  /** Whether its viewer may not be served any more, whatever token they come with. */
  isRevoked = false;
  readonly #context: TransportContext;
  readonly #options: StreamedResponseOptions;
  #isStarted = false;
  #isCut = false;
  #heartbeatAt = 0;
  #tickedAt = 0;
  /** Bytes that were written to the socket in all when the last heartbeat was due, and when the one before it was. */
  readonly #written = { atLast: 0, atOneBefore: 0 };
  #stopped = false;

  /**
   * Begins a session of the viewer; nothing is sent before `start`.
   *
   * @throws what `Sessions.open` throws
   */
  constructor(context: TransportContext, options: StreamedResponseOptions) {
    const { sessions, metrics, unread } = context;
    const { response, viewer, protocol } = options;
    this.#context = context;
    this.#options = options;
    this.response = response;
    this.session = sessions.open(this, viewer, protocol.gaugeOf(metrics));
    this.outbox = new Outbox(outboxSettings(context, protocol.framing), response, this);
    this.outbox.unread = unread.ofViewer(viewer);
    response.on('drain', () => this.outbox.drained());
    response.once('close', () => {
      this.#stop();
      this.outbox.closed();
      this.session.end();
      options.onClosed();
    });
  }

  /** Whether its client has ended it after all that was written, and because that was the end. */
  get hasEndedInOrder(): boolean {
    return this.#isCut && this.response.socket?.readableEnded === true;
  }

  overflowed(): void {
    this.#context.metrics.slowReaders.inc();
    this.disconnect('The client reads too slowly; subscribe again with your cursor.');
  }

  /** Begins to send; the head of the response was written before. `beginning`: what comes before all else. */
  start(beginning: string): void {
    this.#isStarted = true;
    this.outbox.pushText(beginning);
    // Some proxies hold the head back until there is a body.
    this.#beat(this.#context.clock.elapsed());
  }

  disconnect(reason: string): void {
    this.#end(interruption(reason));
  }

  /** The client connects again, and is refused then; one whose sessions were ended is told so, and does not come back. */
  revoke(because: RightEnded): void {
    this.isRevoked ||= because !== 'expired';
    if (because === 'ended') this.#complete(ended);
    else this.#end(expiry);
  }

  restart(): void {
    this.disconnect('The service restarts; subscribe again with your cursor.');
  }

  terminate(): void {
    this.#stop();
    this.response.destroy();
  }

  /** Nothing was answered yet, and something else is going to be. */
  abandon(): void {
    this.#stop();
    this.outbox.closed();
    this.session.end();
  }

  live(): LiveClient {
    const waitingBytes = this.outbox.bytes + this.response.writableLength;
    const { transport } = this.#options.protocol;
    return { transport, waitingBytes, streams: this.#stopped ? [] : this.#options.streams() };
  }

  tick(now: number): void {
    if (this.#stopped || !this.#isStarted) return;
    // Before there is a heartbeat to be written: nobody looks for what has arrived while something waits.
    if (now - this.#tickedAt >= Math.min(tickEveryMs, this.#context.config.websocket.keepAliveMs)) {
      this.#tickedAt = now;
      this.#options.onTick?.();
    }
    if (this.#heartbeatAt <= now) this.#beat(now);
  }

  /** Whether not even that was taken which was there before the last heartbeat. */
  async isGone(): Promise<boolean> {
    const { stalled, config } = this.#context;
    const { socket } = this.response;
    if (!socket || this.#stopped) return false;
    const taken = await stalled.takenOf(socket);
    if (taken === undefined || taken >= this.#written.atOneBefore) return false;
    return !(await stalled.takesAnything(socket, Math.min(maxGraceMs, config.websocket.keepAliveMs)));
  }

  #end(error: GraphQLFormattedError): void {
    if (this.#stopped) return;
    this.outbox.flush();
    this.#stop();
    const farewell = this.#options.farewell(error);
    if (this.#options.protocol.endsWhole) {
      this.#finish(farewell);
      return;
    }
    if (farewell !== null) this.response.write(farewell);
    this.#isCut = true;
    cut(this.response, this.#context.clock);
  }

  #complete(error: GraphQLFormattedError): void {
    if (this.#stopped) return;
    this.outbox.flush();
    const ending = this.#options.ending(error);
    this.#stop();
    this.#finish(ending);
  }

  #finish(ending: string | null): void {
    this.response.end(ending ?? '');
    // Who does not read it has gone all the same.
    const cancel = this.#context.clock.after(answerMs, () => this.response.destroy());
    this.response.once('close', cancel);
  }

  #beat(now: number): void {
    this.#written.atOneBefore = this.#written.atLast;
    this.#written.atLast = this.response.socket?.bytesWritten ?? 0;
    this.outbox.pushText(this.#options.protocol.heartbeat);
    this.#heartbeatAt = now + this.#context.config.websocket.keepAliveMs;
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#options.onStop();
    this.outbox.end();
  }
}

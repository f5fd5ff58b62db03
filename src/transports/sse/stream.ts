/** One stream of Server-Sent Events: its outbox, the comments that keep it alive, and how it ends. */
import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import type { Viewer } from '../../auth/viewer.ts';
import type { OpenStream } from '../../operations/operations.ts';
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import type { LiveClient } from '../live.ts';
import { maxMessageBytes, Outbox } from '../outbox.ts';
import type { RightEnded, SessionClient } from '../session-client.ts';
import type { Session } from '../session.ts';
import type { TransportContext } from '../transport.ts';
import { ended, expiry, interruption } from '../endings.ts';
import { cut } from './cut.ts';
import {
  beginningEvent,
  comment,
  completeEvent,
  eventStreamFraming,
  nextEventHeadOf,
  nextEventOf,
} from './framing.ts';
import type { TicketPass } from './ticket-pass.ts';

/** Longest time in which a reader that is behind has to show that it reads, milliseconds. */
const maxGraceMs = 5_000;
/** Time that a client has to take the last events, milliseconds. */
const answerMs = 5_000;
/** After how long a client connects again, and after twice that at the latest, milliseconds. */
const firstRetryMs = 1_000;

export interface EventStreamOptions {
  readonly response: ServerResponse;
  readonly stream: OpenStream;
  readonly viewer: Viewer;
  /** Whether the client is told why a stream ends. */
  readonly isTold: boolean;
  /** Null where its client shows a token. */
  readonly pass: TicketPass | null;
}

/**
 * Server-Sent Events have no close codes. A stream that is to be taken up again is cut: the stock clients then connect again
 * by themselves, and their apps see nothing of it. Whoever hands events on to somebody else is told by an error first.
 */
export class EventStream implements Subscriber, SessionClient {
  readonly #context: TransportContext;
  readonly #response: ServerResponse;
  readonly #stream: OpenStream;
  readonly #session: Session;
  readonly #outbox: Outbox;
  readonly #isTold: boolean;
  readonly #pass: TicketPass | null;
  #commentAt = 0;
  /** Bytes that were written to the socket in all when the last comment was due, and when the one before it was. */
  readonly #written = { atLast: 0, atOneBefore: 0 };
  #stopped = false;

  /**
   * Begins a session of the viewer; nothing is sent before `start`.
   *
   * @throws what `Sessions.open` throws; then the stream is left
   */
  constructor(context: TransportContext, { response, stream, viewer, isTold, pass }: EventStreamOptions) {
    const { sessions, scheduler, metrics, config, unread } = context;
    this.#context = context;
    this.#response = response;
    this.#stream = stream;
    this.#isTold = isTold;
    this.#pass = pass;
    try {
      this.#session = sessions.open(this, viewer, metrics.eventStreams);
    } catch (error) {
      stream.leave();
      throw error;
    }
    this.#outbox = new Outbox({
      ...{ socket: response, framing: eventStreamFraming, scheduler, metrics },
      maxBytes: config.realtime.outboxMaxBytes,
      maxMessageBytes: maxMessageBytes(config),
      onOverflow: () => {
        metrics.slowReaders.inc();
        this.disconnect('The client reads too slowly; subscribe again with your cursor.');
      },
    });
    this.#outbox.unread = unread.ofViewer(viewer);
    response.on('drain', () => this.#outbox.drained());
    response.once('close', () => {
      this.#stop();
      this.#outbox.closed();
      this.#session.end();
      pass?.end();
    });
  }

  /** Begins to send events; the head of the response was written before. */
  start(): void {
    // Some proxies hold the head back until there is a body.
    this.#comment(this.#context.clock.elapsed());
    // Not all of them at the same moment.
    const retryMs = Math.ceil(firstRetryMs * (1 + Math.random()));
    const { beginning } = this.#stream;
    this.#outbox.pushText(beginningEvent(retryMs, this.#pass ? this.#pass.idOf(beginning ?? '') : beginning));
    this.#pass?.begin(() => this.terminate());
    this.#stream.start(this);
  }

  send(frame: Frame): void {
    const id = this.#pass ? this.#pass.idOf(frame.cursor) : frame.cursor;
    this.#outbox.pushFrame(nextEventHeadOf(id), frame, '');
  }

  ready(): Promise<void> | undefined {
    return this.#outbox.ready();
  }

  disconnect(reason: string): void {
    this.#end(interruption(reason));
  }

  /** The client connects again, and is refused then; one whose sessions were ended is told so, and does not come back. */
  revoke(because: RightEnded): void {
    if (because === 'ended') this.#complete(ended);
    else this.#end(expiry);
  }

  restart(): void {
    this.disconnect('The service restarts; subscribe again with your cursor.');
  }

  #end(error: GraphQLFormattedError): void {
    if (this.#stopped) return;
    this.#outbox.flush();
    this.#stop();
    if (this.#isTold) this.#response.write(nextEventOf({ errors: [error] }));
    cut(this.#response, this.#context.clock);
  }

  #complete(error: GraphQLFormattedError): void {
    if (this.#stopped) return;
    this.#outbox.flush();
    this.#stop();
    this.#response.end(nextEventOf({ errors: [error] }) + completeEvent);
    // Who does not read it has gone all the same.
    const cancel = this.#context.clock.after(answerMs, () => this.#response.destroy());
    this.#response.once('close', cancel);
  }

  terminate(): void {
    this.#stop();
    this.#response.destroy();
  }

  live(): LiveClient {
    const waitingBytes = this.#outbox.bytes + this.#response.writableLength;
    const stream = { stream: this.#stream, acknowledged: null };
    return { transport: 'EVENT_STREAM', waitingBytes, streams: this.#stopped ? [] : [stream] };
  }

  tick(now: number): void {
    if (!this.#stopped && this.#commentAt <= now) this.#comment(now);
  }

  /** Whether not even that was taken which was there before the last comment. */
  async isGone(): Promise<boolean> {
    const { stalled, config } = this.#context;
    const { socket } = this.#response;
    if (!socket || this.#stopped) return false;
    const taken = await stalled.takenOf(socket);
    if (taken === undefined || taken >= this.#written.atOneBefore) return false;
    return !(await stalled.takesAnything(socket, Math.min(maxGraceMs, config.websocket.keepAliveMs)));
  }

  #comment(now: number): void {
    this.#written.atOneBefore = this.#written.atLast;
    this.#written.atLast = this.#response.socket?.bytesWritten ?? 0;
    this.#outbox.pushText(comment);
    this.#commentAt = now + this.#context.config.websocket.keepAliveMs;
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#outbox.end();
    this.#stream.leave();
  }
}

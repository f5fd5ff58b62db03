/** One stream of Server-Sent Events: its outbox, the comments that keep it alive, and how it ends. */
import type { ServerResponse } from 'node:http';
import type { Viewer } from '../../auth/viewer.ts';
import type { OpenStream } from '../../operations/operations.ts';
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import { maxMessageBytes, Outbox } from '../outbox.ts';
import type { Session, SessionClient } from '../session.ts';
import type { TransportContext } from '../transport.ts';
import { comment, eventStreamFraming, nextEventHead } from './framing.ts';

/** Time that a client has to take what was sent before the end, milliseconds. */
const closeTimeoutMs = 5_000;

/**
 * Server-Sent Events have no close codes. A stream that the client should resume ends without a `complete` event: the stock
 * client then connects again by itself.
 */
export class EventStream implements Subscriber, SessionClient {
  readonly #context: TransportContext;
  readonly #response: ServerResponse;
  readonly #stream: OpenStream;
  readonly #session: Session;
  readonly #outbox: Outbox;
  #commentAt = 0;
  #stopped = false;

  /**
   * Begins a session of the viewer; nothing is sent before `start`.
   *
   * @throws what `Sessions.open` throws; then the stream is left
   */
  constructor(context: TransportContext, response: ServerResponse, stream: OpenStream, viewer: Viewer) {
    const { sessions, scheduler, metrics, config, unread } = context;
    this.#context = context;
    this.#response = response;
    this.#stream = stream;
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
        this.terminate();
      },
    });
    this.#outbox.unread = unread.ofViewer(viewer);
    response.on('drain', () => this.#outbox.drained());
    response.once('close', () => {
      this.#stop();
      this.#outbox.closed();
      this.#session.end();
    });
  }

  /** Begins to send events; the head of the response was written before. */
  start(): void {
    // Some proxies hold the head back until there is a body.
    this.#comment(this.#context.clock.now());
    this.#stream.start(this);
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

  /** The client connects again, and is refused then. */
  revoke(): void {
    this.restart();
  }

  restart(): void {
    if (this.#stopped) return;
    this.#outbox.flush();
    this.#stop();
    this.#response.once(
      'close',
      this.#context.clock.after(closeTimeoutMs, () => this.terminate()),
    );
    this.#response.end();
  }

  terminate(): void {
    this.#stop();
    this.#response.destroy();
  }

  tick(now: number): void {
    if (!this.#stopped && this.#commentAt <= now) this.#comment(now);
  }

  #comment(now: number): void {
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

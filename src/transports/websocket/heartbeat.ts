/** Says when an open socket is to be pinged, and has those ended that do not answer. */

/** Time that a client has to answer a close frame, milliseconds. */
const closeTimeoutMs = 5_000;
/** From one ping that goes along with frames to the next, milliseconds. */
const rideEveryMs = 1_000;

/** The part of a connection that the heartbeat looks after. */
export interface Beating {
  /** When closing began, by `Clock.elapsed`; null before. */
  readonly closingAt: number | null;
  /** Whether the protocol allows a ping: the connection is acknowledged. */
  readonly mayBePinged: boolean;
  /** Whether a ping is not answered yet. */
  readonly awaitsPong: boolean;
  /** Whether it is to be asked what it has received, as soon as no ping is under way. */
  readonly isAckDue: boolean;
  ping(): void;
  /** Nothing came for as long as there is between two pings. */
  missPong(): void;
  terminate(): void;
}

export class Heartbeat {
  readonly #keepAliveMs: number;
  /** When the next ping is due, or the answer to the last one, by `Clock.elapsed`; 0 before the first call of `look`. */
  #dueAt = 0;
  /** When the last ping went along with frames, by `Clock.elapsed`. */
  #rodeAt = -Infinity;

  /** `keepAliveMs`: from one ping to the next. */
  constructor(keepAliveMs: number) {
    this.#keepAliveMs = keepAliveMs;
  }

  look(socket: Beating, now: number): void {
    if (socket.closingAt !== null) {
      if (now - socket.closingAt > closeTimeoutMs) socket.terminate();
    } else if (!socket.mayBePinged) {
      return;
    } else if (this.#dueAt === 0) {
      // At random within the interval, so that sockets that connected together are not always pinged together.
      this.#dueAt = now + Math.ceil(Math.random() * this.#keepAliveMs);
    } else if (this.#dueAt <= now) {
      this.postpone(now);
      if (socket.awaitsPong) socket.missPong();
      else socket.ping();
    } else if (socket.isAckDue && !socket.awaitsPong) {
      this.postpone(now);
      socket.ping();
    }
  }

  /**
   * Frames are about to be written: once a second a ping goes with them, which takes no write of its own. What comes behind it is
   * asked for by the next one, or by `look`.
   */
  ride(socket: Beating, now: number): void {
    if (now - this.#rodeAt < rideEveryMs || !socket.isAckDue || socket.awaitsPong || !socket.mayBePinged)
      return;
    this.#rodeAt = now;
    this.postpone(now);
    socket.ping();
  }

  /** The socket was pinged, or has shown that somebody is there. */
  postpone(now: number): void {
    this.#dueAt = now + this.#keepAliveMs;
  }
}

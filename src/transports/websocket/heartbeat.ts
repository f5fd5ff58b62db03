/** Says when an open socket is to be pinged, and has those ended that do not answer. */

/** Time that a client has to answer a close frame, milliseconds. */
const closeTimeoutMs = 5_000;
/** From one ping to the next that goes along with frames, milliseconds. */
const rideEveryMs = 1_000;
/** After so long frames are asked for by a ping of its own, milliseconds: with the time until the next `look`, less than a second. */
const askAfterMs = 700;

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
  /** When the last ping went out, by `Clock.elapsed`. */
  #askedAt = -Infinity;
  /** When the first frame was written that no ping has asked for, by `Clock.elapsed`; null where there is none. */
  #newSince: number | null = null;

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
      else this.#ask(socket, now);
    } else if (socket.isAckDue && !socket.awaitsPong && !this.#mayWait(now)) {
      this.#ask(socket, now);
    }
  }

  /**
   * Frames are about to be written: once a second a ping goes with them, which takes no write of its own. What comes behind it is
   * asked for by the next one, or by `look` where none goes in time. Returns until when it need not be called again, if the socket is
   * not pinged before.
   */
  ride(socket: Beating, now: number): number {
    const nextAt = this.#askedAt + rideEveryMs;
    const isTooSoon = now < nextAt;
    if (isTooSoon || !socket.isAckDue || socket.awaitsPong || !socket.mayBePinged) this.#newSince ??= now;
    else this.#ask(socket, now);
    return isTooSoon ? nextAt : now;
  }

  /** What was just written may go with frames that are yet to come. */
  #mayWait(now: number): boolean {
    return this.#newSince !== null && now - this.#newSince < askAfterMs;
  }

  #ask(socket: Beating, now: number): void {
    this.#askedAt = now;
    this.#newSince = null;
    this.postpone(now);
    socket.ping();
  }

  /** The socket was pinged, or has shown that somebody is there. */
  postpone(now: number): void {
    this.#dueAt = now + this.#keepAliveMs;
  }
}

/** Pings open sockets, and has those ended that do not answer. */

/** Time that a client has to answer a close frame, milliseconds. */
const closeTimeoutMs = 5_000;

/** The part of a connection that the heartbeat looks after. */
export interface Beating {
  /** When closing began, by `Clock.elapsed`; null before. */
  readonly closingAt: number | null;
  /** Whether a ping is not answered yet. */
  readonly awaitsPong: boolean;
  ping(): void;
  /** The ping was not answered until the next one was due. */
  missPong(): void;
  terminate(): void;
}

export class Heartbeat {
  readonly #keepAliveMs: number;
  /** When the next ping is due, by `Clock.elapsed`; 0 before the first call of `look`. */
  #pingAt = 0;

  /** `keepAliveMs`: from one ping to the next. */
  constructor(keepAliveMs: number) {
    this.#keepAliveMs = keepAliveMs;
  }

  look(socket: Beating, now: number): void {
    if (socket.closingAt !== null) {
      if (now - socket.closingAt > closeTimeoutMs) socket.terminate();
    } else if (this.#pingAt === 0) {
      // At random within the interval, so that sockets that connected together are not always pinged together.
      this.#pingAt = now + Math.ceil(Math.random() * this.#keepAliveMs);
    } else if (this.#pingAt <= now) {
      this.#pingAt = now + this.#keepAliveMs;
      if (socket.awaitsPong) socket.missPong();
      else socket.ping();
    }
  }
}
